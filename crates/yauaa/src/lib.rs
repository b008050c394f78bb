//! Yauaa.
mod atn;
mod codec;
#[cfg(test)]
#[path = "compile/class.rs"]
mod class;
mod lexer;
mod parser;
mod predict;
mod tree;
#[cfg(test)]
mod trees;
