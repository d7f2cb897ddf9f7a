//! Values as programs write them.

use super::*;

fn redactor(secrets: &[&str]) -> Redactor {
    Redactor::new(secrets.iter().map(|secret| secret.as_bytes()))
}

#[test]
fn a_secret_is_found_as_programs_write_it() {
    let secret = "pä ss\"w/o<rd+é0?k-ey>Z\n";
    let redactor = redactor(&[secret]);
    for spelled in [
        "pä ss\"w/o<rd+é0?k-ey>Z",
        // base64, base64 of `echo`, base64url without padding.
        "cMOkIHNzIncvbzxyZCvDqTA/ay1leT5a",
        "cMOkIHNzIncvbzxyZCvDqTA/ay1leT5aCg==",
        "cMOkIHNzIncvbzxyZCvDqTA_ay1leT5aCg",
        // encodeURIComponent, urllib.parse.quote, quote_plus, and lower case.
        "p%C3%A4%20ss%22w%2Fo%3Crd%2B%C3%A90%3Fk-ey%3EZ",
        "p%C3%A4%20ss%22w/o%3Crd%2B%C3%A90%3Fk-ey%3EZ",
        "p%C3%A4+ss%22w%2Fo%3Crd%2B%C3%A90%3Fk-ey%3EZ",
        "p%c3%a4%20ss%22w%2fo%3crd%2b%c3%a90%3fk%2dey%3eZ",
        // JSON of most, of PHP, of Python, of Go.
        "pä ss\\\"w/o<rd+é0?k-ey>Z",
        "p\\u00e4 ss\\\"w\\/o<rd+\\u00e90?k-ey>Z",
        "p\\u00e4 ss\\\"w/o<rd+\\u00e90?k-ey>Z",
        "pä ss\\\"w/o\\u003crd+é0?k-ey\\u003eZ",
        "70c3a420737322772f6f3c72642bc3a9303f6b2d65793e5a",
        "70C3A420737322772F6F3C72642BC3A9303F6B2D65793E5A",
    ] {
        assert_eq!(redactor.text(&format!("<{spelled}>")), "<[REDACTED]>", "{spelled}");
    }
}

#[test]
fn inside_longer_base64_no_byte_of_it_can_be_read() {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let redactor = redactor(&["hunter2hunter2"]);
    for before in 0..6 {
        let text = format!("{}hunter2hunter2, and on", "x".repeat(before));
        let told = redactor.text(&STANDARD.encode(&text)).into_owned();
        let (head, tail) = told.split_once(REDACTED).unwrap();
        // What is left of a character at either side holds less than a byte.
        assert!(head.len() * 6 < before * 8 + 8 && tail.len() * 6 < ", and on".len() * 8 + 8 + 12, "{told}");
    }
}

#[test]
fn a_key_of_several_lines_is_found_whole_and_by_line() {
    let line = |letter: &str| letter.repeat(64);
    let key = format!("-----BEGIN PRIVATE KEY-----\n{}\n{}\nshort\n-----END PRIVATE KEY-----\n", line("a"), line("b"));
    let redactor = redactor(&[&key]);
    assert_eq!(redactor.text(&format!("{key}$ ")), "[REDACTED]\n$ ");
    assert_eq!(redactor.text(&key.replace('\n', "\r\n")), "[REDACTED]\r\n", "as a terminal has it");
    assert_eq!(redactor.text(&format!("1: {}\n2: short", line("b"))), "1: [REDACTED]\n2: short");
    assert_eq!(redactor.text(&format!("\"{}\"", key.replace('\n', "\\n"))), "\"[REDACTED]\\n\"");
    let wrap = |text: &str, columns, end: &str| {
        let lines: Vec<_> = text.as_bytes().chunks(columns).map(|line| std::str::from_utf8(line).unwrap()).collect();
        lines.join(end)
    };
    use base64::{Engine, engine::general_purpose::STANDARD};
    let encoded = STANDARD.encode(&key);
    for spelled in [wrap(&encoded, 76, "\n"), wrap(&encoded, 64, "\n"), wrap(&encoded, 76, "\r\n")] {
        assert_eq!(redactor.text(&format!("<{spelled}>")), "<[REDACTED]>");
    }
    let hex: String = key.bytes().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(redactor.text(&wrap(&hex, 60, "\n")), "[REDACTED]0a");
}

#[test]
fn secrets_that_share_text_leave_nothing_of_either() {
    let redactor = redactor(&["abcdefgh", "efghijkl", "abcdefghijklmnop", "cdefgh"]);
    for (text, told) in [
        ("abcdefghijkl.", "[REDACTED]."),
        ("abcdefghijklmnop.", "[REDACTED]."),
        ("abcdefghijklmno.", "[REDACTED]mno."),
        ("xcdefghx", "x[REDACTED]x"),
        ("abcdefghabcdefgh", "[REDACTED][REDACTED]"),
        ("abcdefg efghijk", "abcdefg efghijk"),
    ] {
        assert_eq!(redactor.text(text), told);
    }
}

#[test]
fn what_repeats_itself_is_found_wherever_it_begins() {
    let secret = "ab".repeat(500) + "X";
    let redactor = redactor(&[&secret]);
    let text = format!("{}{secret}{secret}{}", "ab".repeat(700), "ab".repeat(300));
    let mut stream = redactor.stream();
    let mut told = vec![];
    for piece in text.as_bytes().chunks(333) {
        told.extend_from_slice(&stream.push(Bytes::copy_from_slice(piece)));
    }
    told.extend_from_slice(&stream.finish());
    assert_eq!(told, format!("{}[REDACTED][REDACTED]{}", "ab".repeat(700), "ab".repeat(300)).into_bytes());
}

#[test]
fn short_values_and_none_are_left_alone() {
    for redactor in [redactor(&[]), redactor(&["short\r\n", "", "\n"]), Redactor::default()] {
        assert!(redactor.is_idle(), "{redactor:?}");
        let mut stream = redactor.stream();
        assert_eq!(stream.push(Bytes::from_static(b"short")), "short");
        assert!(!stream.is_waiting() && stream.release().is_empty() && stream.finish().is_empty());
        assert!(matches!(redactor.text("short"), Cow::Borrowed("short")));
    }
}

#[test]
fn a_line_may_be_indented_anew() {
    let redactor = redactor(&["first\n        a line of some secret\nlast"]);
    assert_eq!(redactor.text("- a line of some secret\n- last"), "- [REDACTED]\n- last");
}

#[test]
fn blank_lines_are_no_secret() {
    let redactor = redactor(&[&"\r\n".repeat(4)]);
    assert_eq!(redactor.text("a\n\n\nb"), "a\n\n\nb");
}

#[test]
fn a_beginning_waits_and_can_be_released() {
    let redactor = redactor(&["$ecret-value"]);
    let mut stream = redactor.stream();
    let push = |stream: &mut Redaction, text: &'static str| stream.push(Bytes::from_static(text.as_bytes()));
    assert_eq!(push(&mut stream, "prompt$"), "prompt");
    assert!(stream.is_waiting());
    assert_eq!(stream.release(), "$");
    assert!(!stream.is_waiting());
    assert_eq!(push(&mut stream, "ecr"), "");
    assert!(!stream.is_waiting(), "four bytes of it are no prompt");
    assert_eq!(stream.release(), "");
    assert_eq!(push(&mut stream, "et-value!"), "[REDACTED]!");
    assert_eq!(push(&mut stream, " $ecret"), " ");
    assert_eq!(stream.finish(), "$ecret");
    assert_eq!(push(&mut stream, "-value"), "-value", "after its end a stream begins anew");
}

#[test]
fn no_value_is_ever_shown() {
    assert_eq!(format!("{:?} {:?}", redactor(&["hunter2"]), Redactor::default()), "Redactor(..) Redactor(idle)");
}

#[test]
fn many_long_values_are_found_too() {
    let lines =
        |secret: usize| (0..40).map(move |line| format!("{secret:03}.{line:03}, a line of a key: {:0>40}\n", line * 7));
    let secrets: Vec<String> = (0..40).map(|secret| lines(secret).collect()).collect();
    let redactor = Redactor::new(secrets.iter().map(|secret| secret.as_bytes()));
    let forms = redactor.0.as_ref().unwrap();
    assert!(matches!(forms.search, Some(forms::Search::Graph(_))), "too many for a table");
    assert_eq!(redactor.text(&format!("<{}>", secrets[17])), "<[REDACTED]\n>");
    let line = secrets[23].lines().nth(39).unwrap();
    assert_eq!(redactor.text(&format!("<{line}>")), "<[REDACTED]>");
    assert_eq!(redactor.text("<023.039, a line of>"), "<023.039, a line of>");
}

#[test]
fn what_programs_take_off_its_ends_is_no_part_of_it() {
    let redactor = redactor(&["  hunter2hunter2 \n\n"]);
    for told in ["hunter2hunter2", "  hunter2hunter2 \n\n", "HUNTER2hunter2 hunter2hunter2"] {
        assert!(!redactor.text(told).contains("hunter2hunter2"), "{told}");
    }
    assert!(!Redactor::hides(b"  abc \n"));
    assert_eq!(
        self::redactor(&["HunterTwo99x"]).text("say HunterTwo99x or huntertwo99x"),
        "say [REDACTED] or [REDACTED]"
    );
}

#[test]
fn of_a_text_that_was_cut_no_beginning_is_told() {
    let redactor = redactor(&["hunter2hunter2"]);
    assert_eq!(redactor.cut("it says hunter2hun"), "it says ");
    assert_eq!(redactor.cut("it says hunter2hunter2 and"), "it says [REDACTED] and");
    assert_eq!(Redactor::default().cut("it says hunter2hun"), "it says hunter2hun");
}
