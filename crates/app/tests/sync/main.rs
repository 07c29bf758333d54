//! `codecite sync`, as an operator meets it: the real program, and a publisher on loopback. No test uses the network.

mod cuts;
mod looking;
mod mirror;
mod refusals;
mod releases;
mod support;
