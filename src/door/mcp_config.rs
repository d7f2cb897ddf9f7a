//! `pyro mcp config HOST`: the entry by which a chat host finds this server, shown or laid into the host's own file.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use clap::{Arg, ArgAction, ArgMatches, Command, builder::PossibleValuesParser, value_parser};

use super::{
    Streams,
    mcp_config_hosts::{self as hosts, Entry, Format, HOSTS, Host, Program, Server},
    mcp_config_json, mcp_config_toml, mcp_token,
};
use crate::{
    failure::{Code, Failure},
    host,
    registry::Profile,
};

/// What a file was before goes into one of this name beside it.
const BACKUP: &str = "pyro-backup";
/// Hosts put a server's name before each tool's.
const NAME_CHARS_MAX: usize = 32;

pub(super) fn command(profile: Arg) -> Command {
    let flag = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    Command::new("config")
        .about("Shows how a chat host is told of this server, or tells it")
        .arg(
            Arg::new("host")
                .required(true)
                .value_name("HOST")
                .value_parser(PossibleValuesParser::new(HOSTS.iter().map(|host| host.name)))
                .help("Which chat host"),
        )
        .arg(profile.conflicts_with("url"))
        .arg(flag("name", "NAME", "What the host calls the server").default_value("pyro").value_parser(server_name))
        .arg(
            flag("env", "NAME=VALUE", "A variable the host starts the server with; may be repeated")
                .action(ArgAction::Append)
                .value_parser(variable)
                .conflicts_with("url"),
        )
        .arg(flag("url", "URL", "Reach a server over HTTP there instead of starting one").value_parser(address))
        .arg(
            flag("token-variable", "NAME", "With --url: the host's environment variable that holds the bearer token")
                .requires("url")
                .value_parser(|name: &str| {
                    plain_name(name).then(|| name.to_owned()).ok_or("a variable's name is wanted")
                }),
        )
        .arg(flag("write", "", "Lay the entry into the host's own file").num_args(0).action(ArgAction::SetTrue))
        .arg(
            flag("path", "FILE", "With --write: another file, e.g. a project's")
                .requires("write")
                .value_parser(value_parser!(PathBuf)),
        )
}

pub(super) fn run(matches: &ArgMatches, streams: &Streams) -> Result<u8, Failure> {
    let given = |name: &str| matches.get_one::<String>(name).cloned();
    let host = given("host").and_then(|name| hosts::named(&name));
    let host = host.ok_or_else(|| Failure::internal("the host's name was not checked"))?;
    let name = given("name").unwrap_or_default();
    let entry = hosts::entry(host, &server(matches)?).ok_or_else(|| {
        Failure::invalid(format!("{} takes no address in its file, only programs to start", host.title))
            .hint("leave out --url, or add the address in the host's own settings")
    })?;
    let alone = merged(host, "", &name, &entry).map_err(Failure::internal)?;
    let path = matches.get_one::<PathBuf>("path").cloned().map_or_else(|| own_file(host), Ok);
    if !matches.get_flag("write") {
        streams.out(&alone);
        if let Ok(path) = path {
            streams.err(format!("pyro: this belongs into {}; --write puts it there\n", path.display()));
        }
        return Ok(0);
    }
    streams.out(written(host, &path?, &name, &entry, &alone)?);
    Ok(0)
}

fn server(matches: &ArgMatches) -> Result<Server, Failure> {
    if let Some(url) = matches.get_one::<String>("url").cloned() {
        return Ok(Server::Address { url, token_variable: matches.get_one("token-variable").cloned() });
    }
    let own = std::env::current_exe().map_err(|error| Failure::io("find pyro's own file", &error))?;
    let command = own.to_str().filter(|_| own.is_file()).ok_or_else(|| {
        Failure::unavailable("pyro's own file is gone or has a name that is not text")
            .hint("call the `pyro` that the host shall start, by a path that is UTF-8")
    })?;
    let profile = matches.get_one::<Profile>("profile").map_or(Profile::DEFAULT, |profile| &profile.name);
    let variables = matches.get_many::<(String, String)>("env").into_iter().flatten().cloned().collect();
    Ok(Server::Program(Program { command: command.to_owned(), profile: profile.to_owned(), variables }))
}

fn merged(host: &Host, old: &str, name: &str, entry: &Entry) -> Result<String, String> {
    match host.format {
        Format::Json => mcp_config_json::merged(old, host.servers, name, entry),
        Format::Toml => mcp_config_toml::merged(old, host.servers, name, entry),
    }
}

/// The host's own file: that of its files which is there, else the first.
fn own_file(host: &Host) -> Result<PathBuf, Failure> {
    let var = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let folder = host.place.variable.and_then(var).or_else(|| var("HOME").map(|home| home.join(host.place.folder)));
    let folder = folder.ok_or_else(|| {
        Failure::unavailable(format!("HOME is not set, so the file of {} cannot be found", host.title))
            .hint("set HOME, or name the file with --path")
    })?;
    let files = || host.place.files.iter().map(|file| folder.join(file));
    let found = files().find(|file| file.exists()).or_else(|| files().next());
    found.ok_or_else(|| Failure::internal(format!("{} has no file", host.title)))
}

/// Lays the entry into the file; says what was done.
fn written(host: &Host, path: &Path, name: &str, entry: &Entry, alone: &str) -> Result<String, Failure> {
    let shown = path.display();
    let unmade = |doing: &str, error: io::Error| {
        Failure::new(Code::Unavailable, format!("could not {doing} {shown}: {error}"))
            .hint("name another file with --path, or put the entry in by hand: leave out --write to see it")
    };
    let old = match fs::read(path) {
        Ok(bytes) => Some(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(unmade("read", error)),
    };
    let text = std::str::from_utf8(old.as_deref().unwrap_or_default()).map_err(|_| "it is not UTF-8".to_owned());
    let new = text.and_then(|text| merged(host, text, name, entry)).map_err(|why| {
        Failure::conflict(format!("{shown} was left as it is: {why}")).hint(format!("put this in by hand:\n{alone}"))
    })?;
    let Some(old) = old else {
        path.parent().map_or(Ok(()), fs::create_dir_all).map_err(|error| unmade("make the directory of", error))?;
        host::write::in_place_of(path, new.as_bytes()).map_err(|error| unmade("write", error))?;
        return Ok(format!("{}: `{name}` is now in {shown}, a new file. Restart the host.\n", host.title));
    };
    if old == new.as_bytes() {
        return Ok(format!("{}: `{name}` is in {shown} already; nothing was written.\n", host.title));
    }
    // A link stays one: what it leads to is replaced.
    let target = fs::canonicalize(path).map_err(|error| unmade("follow", error))?;
    let mut backup = target.clone().into_os_string();
    backup.push(format!(".{BACKUP}"));
    let backup = PathBuf::from(backup);
    fs::copy(&target, &backup).map_err(|error| unmade("back up", error))?;
    host::write::in_place_of(&target, new.as_bytes()).map_err(|error| unmade("write", error))?;
    let said = format!("{}: `{name}` is now in {shown}; what was there before is in {}.", host.title, backup.display());
    Ok(format!("{said} Restart the host.\n"))
}

fn server_name(name: &str) -> Result<String, String> {
    let plain = !name.is_empty() && name.chars().all(|char| char.is_ascii_alphanumeric() || "-_".contains(char));
    let fits = plain && name.len() <= NAME_CHARS_MAX;
    fits.then(|| name.to_owned()).ok_or_else(|| format!("1 to {NAME_CHARS_MAX} of A-Z, a-z, 0-9, - and _ are wanted"))
}

fn variable(pair: &str) -> Result<(String, String), &'static str> {
    let (name, value) = pair.split_once('=').filter(|(name, _)| plain_name(name)).ok_or("NAME=VALUE is wanted")?;
    if name == mcp_token::VARIABLE {
        return Err("a token is never written into a file");
    }
    Ok((name.to_owned(), value.to_owned()))
}

fn plain_name(name: &str) -> bool {
    !name.starts_with(|char: char| char.is_ascii_digit())
        && !name.is_empty()
        && name.chars().all(|char| char.is_ascii_alphanumeric() || char == '_')
}

/// An address without a token in it: it is written into files.
fn address(url: &str) -> Result<String, &'static str> {
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
    let authority = rest.and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or_default();
    if authority.is_empty() {
        return Err("an address is wanted, e.g. http://127.0.0.1:8931/mcp");
    }
    if authority.contains('@') || url.contains('?') {
        return Err("no user and no query are wanted in it; a token is named with --token-variable");
    }
    Ok(url.to_owned())
}
