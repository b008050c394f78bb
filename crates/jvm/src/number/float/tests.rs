use super::*;
use proptest::prelude::*;

#[test]
fn doubles_print_as_in_jdk_17() {
    let rows = [
        (12.34, "12.34"),
        (100.0, "100.0"),
        (1e21, "1.0E21"),
        (1e-5, "1.0E-5"),
        (1e10, "1.0E10"),
        (0.001, "0.001"),
        (2.0e-3, "0.002"),
        (9.99e-4, "9.99E-4"),
        (1e7, "1.0E7"),
        (9_999_999.0, "9999999.0"),
        (0.0, "0.0"),
        (-0.0, "-0.0"),
        (0.1 + 0.2, "0.30000000000000004"),
        (1.0 / 3.0, "0.3333333333333333"),
        (2e23, "1.9999999999999998E23"),
        (f64::MAX, "1.7976931348623157E308"),
        (f64::MIN_POSITIVE, "2.2250738585072014E-308"),
        (5e-324, "4.9E-324"),
        (f64::NAN, "NaN"),
        (f64::INFINITY, "Infinity"),
        (f64::NEG_INFINITY, "-Infinity"),
        // Not the shortest that read back.
        (2.0f64.powi(-44), "5.6843418860808015E-14"),
        (8.41e21, "8.409999999999999E21"),
        (2.0e-322, "2.0E-322"),
        (9_007_199_254_740_993.0 * 128.0, "1.15292150460684698E18"),
    ];
    for (value, expected) in rows {
        assert_eq!(double_to_string(value), expected);
    }
}

#[test]
fn floats_print_as_in_jdk_17() {
    let rows = [
        (43.88f32, "43.88"),
        (125.3228, "125.3228"),
        (1e10, "1.0E10"),
        (-0.1, "-0.1"),
        (100.0, "100.0"),
        (f32::MAX, "3.4028235E38"),
        (1.0e-45, "1.4E-45"),
        (1.0e-3, "0.001"),
        (33_554_432.0, "3.3554432E7"),
        (f32::NAN, "NaN"),
    ];
    for (value, expected) in rows {
        assert_eq!(float_to_string(value), expected);
    }
}

proptest! {
    #[test]
    fn every_printed_number_reads_back(d: f64, f: f32) {
        prop_assert_eq!(double_to_string(d).replace("Infinity", "inf").parse::<f64>().unwrap(), d);
        prop_assert_eq!(float_to_string(f).replace("Infinity", "inf").parse::<f32>().unwrap(), f);
    }

    #[test]
    fn no_bits_panic(d: u64, f: u32) {
        let _ = double_to_string(f64::from_bits(d));
        let _ = float_to_string(f32::from_bits(f));
    }
}
