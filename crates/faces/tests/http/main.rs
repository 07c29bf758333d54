//! The doors over real HTTP: the real router on a loopback port, over small real rooms.
//!
//! One test program, its modules laid out as the addresses are.

mod closing;
mod cors;
mod limits;
mod logs;
mod openapi;
mod operations;
mod pages;
mod problems;
mod support;
mod v1;
