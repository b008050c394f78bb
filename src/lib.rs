//! Snowmelt
