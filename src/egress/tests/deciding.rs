//! What policies permit: the rules one by one, and what holds for all of them.

use std::net::IpAddr;

use proptest::{collection::vec, prelude::*, sample::select};
use pyro_protocol::network::Rule;

use crate::egress::{
    Access, Entry, Policy, address,
    decide::{Refusal, by_hello, by_name, decide},
    hello::Peek,
    target::{Host, Target, split},
};

fn entries(texts: &[&str]) -> Vec<Entry> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

fn policy(allow: Option<&[&str]>, deny: &[&str]) -> Policy {
    Policy { allow_hosts: allow.map(entries), deny_hosts: entries(deny), ..Policy::egress() }
}

fn target(text: &str) -> Target {
    let (host, port) = split(text, None).unwrap();
    Target { host: Host::parse(host).unwrap(), port }
}

fn addresses(texts: &[&str]) -> Vec<IpAddr> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

/// What is open of a host with these addresses; an address has itself.
fn open(policy: &Policy, text: &str, has: &[&str]) -> Result<Vec<IpAddr>, (Rule, Option<String>)> {
    let target = target(text);
    let has = match target.host {
        Host::Address(address) => vec![address],
        Host::Name(_) => addresses(has),
    };
    let told = |Refusal { rule, allow }| (rule, allow.map(|entry| entry.to_string()));
    decide(policy, &target, &has, &addresses(&["198.51.100.9", "8.8.4.4"])).map_err(told)
}

fn no<T>(rule: Rule, allow: &str) -> Result<T, (Rule, Option<String>)> {
    Err((rule, Some(allow.to_owned()).filter(|allow| !allow.is_empty())))
}

#[test]
fn without_a_list_all_that_is_public_is_open() {
    let policy = policy(None, &[]);
    assert_eq!(open(&policy, "example.com:25", &["1.1.1.1"]), Ok(addresses(&["1.1.1.1"])));
    assert_eq!(open(&policy, "1.1.1.1:25", &[]), Ok(addresses(&["1.1.1.1"])));
    assert_eq!(open(&policy, "example.com:25", &["10.0.0.1", "1.1.1.1", "::1"]), Ok(addresses(&["1.1.1.1"])));
    assert_eq!(open(&policy, "example.com:80", &["10.0.0.1", "::1"]), no(Rule::PrivateAddress, "10.0.0.1:80"));
    assert_eq!(open(&policy, "127.0.0.1:443", &[]), no(Rule::Loopback, "127.0.0.1:443"));
    assert_eq!(open(&policy, "[::1]:443", &[]), no(Rule::Loopback, "[::1]:443"));
    assert_eq!(open(&policy, "[::ffff:10.0.0.1]:80", &[]), no(Rule::PrivateAddress, "10.0.0.1:80"));
    assert_eq!(open(&policy, "example.com:80", &["8.8.4.4"]), no(Rule::HostAddress, "8.8.4.4:80"));
    for name in ["localhost:80", "LOCALHOST.:80", "a.localhost:80"] {
        assert_eq!(open(&policy, name, &["1.1.1.1"]), no(Rule::Loopback, ""), "{name}");
    }
}

#[test]
fn a_list_names_names_and_addresses_apart() {
    let policy = policy(Some(&["example.com:443", "*.example.org", "10.0.0.0/8:5432", "93.184.216.0/24"]), &[]);
    assert_eq!(open(&policy, "example.com:443", &["1.1.1.1"]), Ok(addresses(&["1.1.1.1"])));
    assert_eq!(open(&policy, "example.com:80", &["1.1.1.1"]), no(Rule::NotAllowed, "example.com"));
    assert_eq!(open(&policy, "example.com:22", &["1.1.1.1"]), no(Rule::NotAllowed, "example.com:22"));
    assert_eq!(open(&policy, "example.org:443", &["1.1.1.1"]), no(Rule::NotAllowed, "example.org"));
    // An address never permits a name that has it...
    assert_eq!(open(&policy, "evil.test:443", &["93.184.216.34"]), no(Rule::NotAllowed, "evil.test"));
    // ...nor a name its addresses.
    assert_eq!(open(&policy, "1.1.1.1:443", &[]), no(Rule::NotAllowed, "1.1.1.1"));
    assert_eq!(open(&policy, "1.1.1.1:22", &[]), no(Rule::NotAllowed, "1.1.1.1:22"));
    assert_eq!(open(&policy, "93.184.216.34:22", &[]), Ok(addresses(&["93.184.216.34"])));
    // Together they open private places.
    assert_eq!(open(&policy, "db.example.org:5432", &["10.0.0.7"]), Ok(addresses(&["10.0.0.7"])));
    assert_eq!(open(&policy, "db.example.org:22", &["10.0.0.7"]), no(Rule::PrivateAddress, "10.0.0.7:22"));
    assert_eq!(open(&policy, "10.0.0.7:5432", &[]), Ok(addresses(&["10.0.0.7"])));
    assert_eq!(open(&policy, "[64:ff9b::10.0.0.7]:5432", &[]), no(Rule::PrivateAddress, "[64:ff9b::a00:7]:5432"));
}

#[test]
fn an_empty_list_and_no_network_permit_nothing() {
    let off = Policy { access: Access::Off, ..policy(Some(&["*", "0.0.0.0/0"]), &[]) };
    for target in ["example.com:443", "1.1.1.1:443"] {
        assert!(open(&policy(Some(&[]), &[]), target, &["1.1.1.1"]).is_err(), "{target}");
        assert!(open(&off, target, &["1.1.1.1"]).is_err(), "{target}");
    }
}

#[test]
fn what_is_denied_wins_and_has_no_remedy() {
    let denied = || no(Rule::DeniedHost, "");
    let policy = policy(Some(&["*", "10.0.0.0/8"]), &["evil.test", "*.bad.test:443", "1.0.0.0/8", "10.0.0.9:22"]);
    assert_eq!(open(&policy, "EVIL.test.:1", &["9.9.9.9"]), denied());
    assert_eq!(open(&policy, "a.bad.test:443", &["9.9.9.9"]), denied());
    assert_eq!(open(&policy, "a.bad.test:80", &["9.9.9.9"]), Ok(addresses(&["9.9.9.9"])));
    assert_eq!(open(&policy, "1.1.1.1:443", &[]), denied());
    assert_eq!(open(&policy, "[::ffff:1.1.1.1]:443", &[]), denied());
    assert_eq!(open(&policy, "[2002:101:101::]:443", &[]), denied());
    assert_eq!(open(&policy, "example.com:443", &["1.1.1.1"]), denied());
    assert_eq!(open(&policy, "example.com:443", &["1.1.1.1", "9.9.9.9"]), Ok(addresses(&["9.9.9.9"])));
    assert_eq!(open(&policy, "10.0.0.9:22", &[]), denied());
    assert_eq!(open(&policy, "10.0.0.9:23", &[]), Ok(addresses(&["10.0.0.9"])));
    let none = self::policy(None, &["*"]);
    assert_eq!(open(&none, "example.com:443", &["9.9.9.9"]), denied());
    assert_eq!(open(&none, "9.9.9.9:443", &[]), denied());
    assert_eq!(open(&self::policy(None, &["*:25"]), "9.9.9.9:25", &[]), denied());
}

#[test]
fn a_name_that_is_not_allowed_is_refused_before_it_is_resolved() {
    let policy = policy(Some(&["example.com"]), &["sub.example.com"]);
    assert_eq!(by_name(&policy, &target("example.com:443")), Ok(()));
    assert_eq!(by_name(&policy, &target("c2VjcmV0.evil.test:443")).unwrap_err().rule, Rule::NotAllowed);
    assert_eq!(by_name(&policy, &target("sub.example.com:443")).unwrap_err().rule, Rule::DeniedHost);
}

#[test]
fn a_hello_must_name_the_host_where_only_some_are_allowed() {
    let tls = |sni: Option<&str>| Peek::Tls { sni: sni.map(str::to_owned) };
    let said = |policy: &Policy, text: &str, hello: Peek| {
        let told = |Refusal { rule, allow }| (rule, allow.map(|entry| entry.to_string()));
        by_hello(policy, &target(text), &hello).map_err(told)
    };
    let limited = policy(Some(&["example.com", "smtp.example.com:25", "10.0.0.1"]), &[]);
    let all = policy(Some(&["*", "10.0.0.1"]), &[]);
    let free = policy(None, &[]);
    for policy in [&limited, &all, &free] {
        for sni in ["example.com", "EXAMPLE.com", "example.com."] {
            assert_eq!(said(policy, "example.com:443", tls(Some(sni))), Ok(()));
        }
        for sni in ["evil.test", "sub.example.com", "example.com..", "example.com\0", "", "1.1.1.1"] {
            assert_eq!(said(policy, "example.com:443", tls(Some(sni))), no(Rule::SniDiffers, ""), "{sni}");
        }
        for hello in [Peek::Broken, Peek::NeedMore] {
            assert_eq!(said(policy, "smtp.example.com:25", hello), no(Rule::SniDiffers, ""));
        }
        for hello in [tls(None), tls(Some("evil.test")), Peek::NotTls, Peek::Broken] {
            assert_eq!(said(policy, "10.0.0.1:443", hello), Ok(()));
        }
    }
    assert_eq!(said(&limited, "example.com:443", tls(None)), no(Rule::SniMissing, ""));
    assert_eq!(said(&limited, "example.com:443", Peek::NotTls), no(Rule::NotTls, "example.com:443"));
    assert_eq!(said(&limited, "smtp.example.com:25", Peek::NotTls), Ok(()));
    for policy in [&all, &free] {
        assert_eq!(said(policy, "example.com:443", tls(None)), Ok(()));
        assert_eq!(said(policy, "example.com:443", Peek::NotTls), Ok(()));
    }
}

const HOSTS: [&str; 10] = [
    "example.com",
    "a.example.com",
    "b.a.example.com",
    "localhost",
    "1.1.1.1",
    "10.0.0.1",
    "127.0.0.1",
    "[::1]",
    "[2606:4700::1]",
    "[64:ff9b::a00:1]",
];
const ENTRIES: [&str; 12] = [
    "*",
    "*:22",
    "example.com",
    "example.com:443",
    "*.example.com",
    "a.example.com:22",
    "1.0.0.0/8",
    "10.0.0.0/8",
    "10.0.0.1:22",
    "127.0.0.1",
    "::/0",
    "0.0.0.0/0:443",
];
const ADDRESSES: [&str; 9] = [
    "1.1.1.1",
    "9.9.9.9",
    "10.0.0.1",
    "127.0.0.1",
    "169.254.169.254",
    "::1",
    "2606:4700::1",
    "::ffff:10.0.0.1",
    "64:ff9b::a00:1",
];

prop_compose! {
    fn any_target()(host in select(&HOSTS), port in select(&[22u16, 80, 443])) -> Target {
        target(&format!("{host}:{port}"))
    }
}

prop_compose! {
    fn any_policy()(
        allow in proptest::option::of(vec(select(&ENTRIES), 0..4)),
        deny in vec(select(&ENTRIES), 0..2),
    ) -> Policy {
        policy(allow.as_deref(), &deny)
    }
}

prop_compose! {
    fn any_case()(
        policy in any_policy(),
        target in any_target(),
        found in vec(select(&ADDRESSES), 1..4),
    ) -> (Policy, Target, Vec<IpAddr>) {
        let found = match target.host {
            Host::Address(address) => vec![address],
            Host::Name(_) => addresses(&found),
        };
        (policy, target, found)
    }
}

proptest! {
    #[test]
    fn nothing_closed_is_open_but_by_an_address_on_the_list((policy, target, found) in any_case()) {
        let Ok(open) = decide(&policy, &target, &found, &[]) else { return Ok(()) };
        prop_assert!(!open.is_empty());
        for address in open {
            let list = policy.allow_hosts.as_deref().unwrap_or_default();
            let named = list.iter().any(|entry| entry.has_address(address, target.port));
            prop_assert!(address::closed(address, &[]).is_none() || named, "{address}");
            prop_assert!(found.iter().any(|one| one.to_canonical() == address));
            prop_assert!(!policy.deny_hosts.iter().any(|entry| entry.has_address(address, target.port)));
        }
    }

    #[test]
    fn denying_more_opens_nothing((policy, target, found) in any_case(), more in select(&ENTRIES)) {
        let before = decide(&policy, &target, &found, &[]).unwrap_or_default();
        let mut stricter = policy;
        stricter.deny_hosts.extend(entries(&[more]));
        let after = decide(&stricter, &target, &found, &[]).unwrap_or_default();
        prop_assert!(after.iter().all(|address| before.contains(address)));
    }

    #[test]
    fn allowing_more_closes_nothing((policy, target, found) in any_case(), more in select(&ENTRIES)) {
        let before = decide(&policy, &target, &found, &[]).unwrap_or_default();
        let mut wider = policy;
        wider.allow(more.parse().unwrap());
        let after = decide(&wider, &target, &found, &[]).unwrap_or_default();
        prop_assert!(before.iter().all(|address| after.contains(address)));
    }

    #[test]
    fn what_is_told_to_permit_it_does((policy, target, found) in any_case()) {
        let mut policy = policy;
        // First the name, then its address.
        for _ in 0..2 {
            match decide(&policy, &target, &found, &[]) {
                Ok(_) | Err(Refusal { allow: None, .. }) => return Ok(()),
                Err(Refusal { allow: Some(entry), .. }) => policy.allow(entry),
            }
        }
        let told = decide(&policy, &target, &found, &[]);
        prop_assert!(told.as_ref().is_ok_and(|open| !open.is_empty()) || told.is_err_and(|told| told.allow.is_none()));
    }
}

#[test]
fn an_address_is_no_way_around_a_denied_name() {
    let policy = policy(None, &["*.evil.example"]);
    let hello = |sni: &str| Peek::Tls { sni: Some(sni.to_owned()) };
    let by_hello = |target: &str, hello: &Peek| by_hello(&policy, &self::target(target), hello).map_err(|one| one.rule);
    assert_eq!(by_hello("8.8.8.8:443", &hello("www.EVIL.example.")), Err(Rule::DeniedHost));
    assert_eq!(by_hello("8.8.8.8:443", &hello("evil.example")), Ok(()));
    for said in [Peek::NotTls, Peek::Broken, Peek::Tls { sni: None }] {
        assert_eq!(by_hello("8.8.8.8:443", &said), Ok(()));
    }
}
