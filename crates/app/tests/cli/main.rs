//! The program as people run it: the real binary, the real model, data folders of their own.
//!
//! `make test` fetches the model first; without it these tests fail and say what to run.

mod asking;
mod exact;
mod loading;
mod off_topic;
mod reviewed;
mod service;
mod serving;
mod support;
mod traces;
