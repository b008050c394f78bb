//! 3 ADAPT: a payload to raw events, one file per vendor.
