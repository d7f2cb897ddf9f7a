//! `pyro token`: bearer tokens of callers over HTTP, made, listed and revoked by the owner of the state directory.

use std::time::Duration;

use clap::{Arg, ArgMatches, Command, value_parser};
use serde::Serialize;

use crate::{
    failure::Failure,
    host::{
        Dirs,
        clock::{now_unix, rfc3339},
    },
    ids::{Principal, TokenId},
    registry::{Human, Profile},
    token::{Allowance, NewToken, TokenRecord, Tokens},
};

/// Longest life of a token that ends: ten years.
const EXPIRES_SECONDS_MAX: u64 = 10 * 365 * 24 * 3600;

pub(super) fn command() -> Command {
    let name = Arg::new("name")
        .long("name")
        .value_name("NAME")
        .required(true)
        .value_parser(|name: &str| name.parse::<Principal>().map_err(|failure| failure.hint.unwrap_or(failure.message)))
        .help("Whose it is; workspaces belong to a name, which may have several tokens");
    let profile = Arg::new("profile")
        .long("profile")
        .value_name("PROFILE")
        .default_value(Profile::DEFAULT)
        .value_parser(Profile::NAMES)
        .help("The widest profile it opens");
    let expires_in = Arg::new("expires-in")
        .long("expires-in")
        .value_name("D")
        .value_parser(duration)
        .help("How long it is good, e.g. 90s, 30m, 12h, 7d [without it: until it is revoked]");
    let mem_mib = Arg::new("max-mem-mib")
        .long("max-mem-mib")
        .value_name("MIB")
        .value_parser(value_parser!(u64).range(1..))
        .help("Memory that the running machines of its holder may claim together");
    let workspaces = Arg::new("max-workspaces")
        .long("max-workspaces")
        .value_name("N")
        .value_parser(value_parser!(u32))
        .help("Workspaces and VMs that its holder may have, running or not");
    let create = Command::new("create").about("Makes a token and prints it, once").args([
        name,
        profile,
        expires_in,
        mem_mib,
        workspaces,
        super::json(),
    ]);
    let list = Command::new("list").about("Lists tokens, never their texts").arg(super::json());
    let which = Arg::new("token").required(true).help("A token's id, or a name: all of its tokens");
    let revoke = Command::new("revoke")
        .about("Takes tokens back; the next request that shows one is refused")
        .args([which, super::json()]);
    Command::new("token")
        .about("Bearer tokens of callers over HTTP")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .subcommands([create, list, revoke])
}

/// A token without its text.
#[derive(Serialize)]
struct Shown {
    token_id: TokenId,
    name: Principal,
    profile: String,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
    expired: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_mem_mib: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_workspaces: Option<u32>,
}

#[derive(Serialize)]
struct Created {
    /// Told this once.
    token: String,
    #[serde(flatten)]
    shown: Shown,
}

#[derive(Serialize)]
struct Listed {
    count: usize,
    tokens: Vec<Shown>,
}

#[derive(Serialize)]
struct Revoked {
    revoked: Vec<TokenId>,
}

pub(super) fn run(matches: &ArgMatches) -> Result<Human, Failure> {
    let tokens = Tokens::below(&Dirs::from_env()?.home);
    let now = now_unix();
    match matches.subcommand() {
        Some(("create", matches)) => create(&tokens, matches, now),
        Some(("revoke", matches)) => {
            let which = matches.get_one::<String>("token").map_or("", String::as_str);
            let revoked = Revoked { revoked: tokens.revoke(which)? };
            let lines = revoked.revoked.iter().map(|id| format!("revoked {id}\n")).collect();
            told(matches, &revoked, lines)
        }
        Some((_, matches)) => {
            let all: Vec<Shown> = tokens.list().into_iter().map(|record| shown(record, now)).collect();
            let lines = all.iter().map(line).collect();
            told(matches, &Listed { count: all.len(), tokens: all }, lines)
        }
        None => Err(Failure::invalid("nothing is asked for")),
    }
}

fn create(tokens: &Tokens, matches: &ArgMatches, now: i64) -> Result<Human, Failure> {
    let principal =
        matches.get_one::<Principal>("name").cloned().ok_or_else(|| Failure::invalid("--name is missing"))?;
    let new = NewToken {
        principal,
        profile: matches.get_one::<String>("profile").cloned().unwrap_or_else(|| Profile::DEFAULT.to_owned()),
        allowance: Allowance {
            mem_mib: matches.get_one::<u64>("max-mem-mib").copied(),
            workspaces: matches.get_one::<u32>("max-workspaces").copied(),
        },
        expires_in: matches.get_one::<Duration>("expires-in").copied(),
    };
    let (record, token) = tokens.create(new, now)?;
    let created = Created { token: token.clone(), shown: shown(record, now) };
    let mut human = told(matches, &created, format!("{token}\n"))?;
    if !matches.get_flag("json") {
        human.stderr =
            format!("pyro: {} is told this once; callers send `Authorization: Bearer TOKEN`\n", created.shown.token_id);
    }
    Ok(human)
}

fn told(matches: &ArgMatches, result: &impl Serialize, lines: String) -> Result<Human, Failure> {
    let json = || serde_json::to_string_pretty(result).map_err(|error| Failure::internal(error.to_string()));
    let stdout = if matches.get_flag("json") { json()? + "\n" } else { lines };
    Ok(Human { stdout, ..Human::default() })
}

fn shown(record: TokenRecord, now: i64) -> Shown {
    Shown {
        expired: record.is_expired(now),
        token_id: record.token_id,
        name: record.principal,
        profile: record.profile,
        created_at: rfc3339(record.created_at),
        expires_at: record.expires_at.map(rfc3339),
        max_mem_mib: record.allowance.mem_mib,
        max_workspaces: record.allowance.workspaces,
    }
}

fn line(token: &Shown) -> String {
    let until = match (&token.expires_at, token.expired) {
        (None, _) => "until it is revoked".to_owned(),
        (Some(at), false) => format!("until {at}"),
        (Some(at), true) => format!("expired {at}"),
    };
    format!("{} {} {} {until}\n", token.token_id, token.name, token.profile)
}

/// `90s`, `30m`, `12h`, `7d`.
fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || "a number and s, m, h or d is wanted, e.g. 12h, at most ten years".to_owned();
    let unit = text.chars().last().ok_or_else(wrong)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 24 * 3600,
        _ => return Err(wrong()),
    };
    let count: u64 = text.strip_suffix(unit).and_then(|count| count.parse().ok()).ok_or_else(wrong)?;
    let seconds = count.checked_mul(seconds).filter(|seconds| (1..=EXPIRES_SECONDS_MAX).contains(seconds));
    seconds.map(Duration::from_secs).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_unit() {
        for (text, seconds) in [("90s", 90), ("30m", 1800), ("12h", 43_200), ("7d", 604_800)] {
            assert_eq!(duration(text).unwrap().as_secs(), seconds);
        }
        for wrong in ["", "s", "0s", "5", "5w", "-1h", "1.5h", "7dd", "99999999999d", "4000d"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
