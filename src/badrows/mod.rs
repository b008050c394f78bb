//! 5b REFUSE: every kind of bad row; the only place that builds failure JSON.

pub mod failure;
