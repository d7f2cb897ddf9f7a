//! The Python SDK's own tests, driven against the program with tools of its own.

use std::process::Command;

use crate::support::{OWN_TOOLS, dirs, program, root};

#[test]
fn its_unit_tests_pass() {
    if Command::new("python3").arg("--version").output().is_err() {
        eprintln!("skipped: no python3 on this host");
        return;
    }
    let (place, _) = dirs();
    let sdk = root().join("sdk/python");
    let mut python = program("python3", &place);
    python.args(["-m", "unittest", "discover", "-s", "tests"]).current_dir(&sdk);
    python.env("PYTHONPATH", sdk.join("src")).env("PYTHONDONTWRITEBYTECODE", "1");
    python.env("PYRO_OWN_TOOLS", &*OWN_TOOLS);
    let output = python.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
