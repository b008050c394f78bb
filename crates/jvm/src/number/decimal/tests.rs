use super::*;
use proptest::prelude::*;

fn dec(s: &str) -> BigDecimal {
    BigDecimal::parse(s).unwrap()
}

#[test]
fn tracker_amounts_print_as_in_the_reference() {
    let rows = [
        ("1E-7", "1E-7"),
        ("0.000001", "0.000001"),
        ("0E-7", "0E-7"),
        ("1.50", "1.50"),
        ("1E3", "1000"),
        ("100E-2", "1.00"),
        ("0E10", "0"),
        ("-0.0", "0.0"),
        ("5.", "5"),
        (".5", "0.5"),
        ("+1.0", "1.0"),
        ("５.0", "5.0"),
        ("-00012.30", "-12.30"),
        (
            "123456789012345678901234567890.5",
            "123456789012345678901234567890.5",
        ),
        ("-12.5E-8", "-1.25E-7"),
        ("0E2147483647", "0"),
    ];
    for (input, expected) in rows {
        assert_eq!(
            dec(input).with_min_scale_zero().to_string(),
            expected,
            "{input}"
        );
    }
}

#[test]
fn refusals_are_worded_as_in_java() {
    let bad = |c| {
        format!(
            "Character {c} is neither a decimal digit number, decimal point, nor \"e\" \
                 notation exponential mark."
        )
    };
    let rows = [
        ("1,0", bad(',')),
        (" 1", bad(' ')),
        ("1.0 ", bad(' ')),
        ("é", bad('é')),
        ("1😀", bad('?')),
        ("𝟓", bad('?')),
        ("--1", bad('-')),
        ("", "null".into()),
        ("1e", "null".into()),
        ("1e+", "null".into()),
        ("-", "No digits found.".into()),
        (".", "No digits found.".into()),
        ("e5", "No digits found.".into()),
        (
            "1..2",
            "Character array contains more than one decimal point.".into(),
        ),
        ("1ex", "Not a digit.".into()),
        ("1e5 ", "Not a digit.".into()),
        ("1e12345678901", "Too many nonzero exponent digits.".into()),
        ("1E2147483648", "Exponent overflow.".into()),
        ("0.1E-2147483647", "Scale out of range.".into()),
        (
            "1234567890123456789x",
            "Character array is missing \"e\" notation exponential mark.".into(),
        ),
    ];
    for (input, expected) in rows {
        assert_eq!(BigDecimal::parse(input).unwrap_err(), expected, "{input}");
    }
}

#[test]
fn printing_without_rescaling_keeps_the_scale() {
    let rows = [
        ("1E3", "1E+3", "1000", -3),
        ("12.5E10", "1.25E+11", "125000000000", -9),
        ("0E3", "0E+3", "0", -3),
        ("0.0000001", "1E-7", "0.0000001", 7),
        ("-1.23E-9", "-1.23E-9", "-0.00000000123", 11),
    ];
    for (input, text, plain, scale) in rows {
        assert_eq!(dec(input).to_string(), text);
        assert_eq!(dec(input).to_plain_string(), plain);
        assert_eq!(dec(input).scale(), scale);
    }
}

#[test]
fn stripping_and_rounding() {
    assert_eq!(dec("100").strip_trailing_zeros().to_string(), "1E+2");
    assert_eq!(dec("1.500").strip_trailing_zeros().to_string(), "1.5");
    assert_eq!(dec("0.000").strip_trailing_zeros().to_string(), "0");
    let rounded = |s: &str| dec(s).set_scale_half_even(2).to_string();
    let rows = [
        ("1.005", "1.00"),
        ("1.015", "1.02"),
        ("1.0051", "1.01"),
        ("0.005", "0.00"),
        ("0.0051", "0.01"),
        ("0.0009", "0.00"),
        ("-0.004", "0.00"),
        ("99.995", "100.00"),
        ("1E3", "1000.00"),
        ("5", "5.00"),
    ];
    for (input, expected) in rows {
        assert_eq!(rounded(input), expected, "{input}");
    }
}

#[test]
fn comparing_never_expands() {
    let rows = [
        ("1E1000000000", "1E999999999", Ordering::Greater),
        ("1e400", "12345678901234567890", Ordering::Greater),
        ("-1e400", "1e-400", Ordering::Less),
        ("-1e400", "-1e399", Ordering::Less),
        ("1.0", "1.00", Ordering::Equal),
        ("100", "1E2", Ordering::Equal),
        ("0E5", "-0.00", Ordering::Equal),
        ("0", "1E-2000000000", Ordering::Less),
        ("1.01", "1.001", Ordering::Greater),
    ];
    for (a, b, expected) in rows {
        assert_eq!(dec(a).cmp(&dec(b)), expected, "{a} {b}");
        assert_eq!(dec(b).cmp(&dec(a)), expected.reverse(), "{b} {a}");
    }
}

#[test]
fn huge_exponents_are_not_expanded() {
    for text in ["1E600000000", "1E2147483647", "-7E1000001"] {
        let n = dec(text);
        assert_eq!(
            n.clone().try_with_min_scale_zero().unwrap_err(),
            ExpansionError
        );
        assert_eq!(n.clone().with_min_scale_zero().scale(), n.scale());
        assert!(n.to_plain_string().len() < 20);
        assert_eq!(n.clone().set_scale_half_even(2).scale(), n.scale());
    }
    assert!(dec("1E-2147483647").to_plain_string().len() < 20);
    assert_eq!(
        ExpansionError.to_string(),
        "BigInteger would overflow supported range"
    );
    let million = dec("1E1000000").try_with_min_scale_zero().unwrap();
    assert_eq!(million.to_string().len(), 1_000_001);
}

#[test]
fn doubles_are_the_nearest() {
    assert_eq!(dec("0.1").to_f64(), 0.1);
    assert_eq!(dec("-1E3").to_f64(), -1000.0);
    assert_eq!(dec("1E400").to_f64(), f64::INFINITY);
    assert_eq!(dec("1E-2147483647").to_f64(), 0.0);
    assert_eq!(
        BigDecimal::from_i64(i64::MIN).to_string(),
        i64::MIN.to_string()
    );
}

proptest! {
    #[test]
    fn printed_numbers_are_read_back(sign in "-?", whole in "[0-9]{1,25}", scale in -40i32..40) {
        let n = dec(&format!("{sign}{whole}E{scale}"));
        let again = dec(&n.to_string());
        prop_assert_eq!(again.scale(), n.scale());
        prop_assert_eq!(again.to_string(), n.to_string());
        prop_assert_eq!(dec(&n.to_plain_string()), n.clone());
        prop_assert_eq!(n.clone().strip_trailing_zeros(), n.clone());
        prop_assert_eq!(n.clone().with_min_scale_zero(), n);
    }

    #[test]
    fn no_text_panics(s in ".{0,25}", t in "[-+0-9.eE]{0,25}") {
        for text in [s, t] {
            if let Ok(n) = BigDecimal::parse(&text) {
                let _ = (n.to_string(), n.to_f64(), n.cmp(&BigDecimal::from_i64(1)));
                let _ = n.set_scale_half_even(-3);
            }
        }
    }
}
