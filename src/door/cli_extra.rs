//! Commands written by hand: the MCP server, completions, the man page, exports; and those the program adds.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::{Arg, ArgAction, ArgMatches, Command, builder::PossibleValuesParser, parser::ValueSource, value_parser};
use clap_complete::Shell;

use super::{
    Front, Streams, cli, cli_attach, cli_print, cli_tree, docs, functions,
    mcp_auth::Auth,
    mcp_config,
    mcp_guard::Public,
    mcp_http, mcp_stdio,
    mcp_token::{self, Token},
    mcp_tool, python, typescript,
};
use crate::{
    failure::Failure,
    registry::{Calls, Human, Profile, Profiles},
    workspace::{Caller, HostFiles, Variables},
};

/// Hosts of services give theirs half a minute.
const DRAIN_SECONDS: u64 = 10;

const HTTP_HELP: &str = "\
Serve HTTP on this address instead, e.g. 127.0.0.1:8931; port 0 takes a free one. The address is told on standard \
error.

Beyond loopback, and wherever there are tokens (`pyro token create`), callers must show one.

/mcp serves the profile, /mcp/vm-run, /mcp/workspace-core and /mcp/workspace-full serve those. With --profile given, \
wider ones are not served";

/// A command of the program's own beside the tools' and the doors'. It reads its flags from the matches, runs to its
/// end (with a runtime of its own where it needs one) and answers what is printed and its exit status. Where it
/// declares a flag `json`, failures honor it.
pub struct Extra {
    /// The first word after `pyro`.
    pub name: &'static str,
    pub command: fn() -> Command,
    pub run: fn(&ArgMatches) -> Result<Human, Failure>,
}

/// Adds the doors' own commands.
pub(super) fn commands(root: Command) -> Command {
    let profile = Arg::new("profile")
        .long("profile")
        .value_name("PROFILE")
        .default_value(Profile::DEFAULT)
        .value_parser(|name: &str| Profile::named(name).map_err(|failure| failure.hint.unwrap_or(failure.message)))
        .help(format!("Which tools the host sees: {}", Profile::NAMES.join(", ")));
    let config = mcp_config::command(profile.clone());
    let shown = profile.clone().help(format!("With openai or anthropic: whose tools, {}", Profile::NAMES.join(", ")));
    let http = Arg::new("http")
        .long("http")
        .value_name("ADDRESS")
        .value_parser(|address: &str| {
            address.parse::<SocketAddr>().map_err(|_| "an IP address and a port are wanted, e.g. 127.0.0.1:8931")
        })
        .help("Serve HTTP on this address instead, e.g. 127.0.0.1:8931; port 0 takes a free one")
        .long_help(HTTP_HELP);
    let token_file = Arg::new("token-file")
        .long("token-file")
        .value_name("PATH")
        .requires("http")
        .value_parser(value_parser!(PathBuf))
        .help(format!(
            "With --http: a file with the bearer token of this state directory's owner [without it: ${}]",
            mcp_token::VARIABLE
        ));
    let variables = Arg::new("allow-secret-env")
        .long("allow-secret-env")
        .value_name("NAME")
        .action(ArgAction::Append)
        .help("An environment variable of this server that callers may have as a secret; may be repeated");
    let roots = Arg::new("root")
        .long("root")
        .value_name("DIR")
        .action(ArgAction::Append)
        .value_parser(value_parser!(PathBuf))
        .help("The only directory of this host that callers may name paths in; may be repeated");
    let public_url = Arg::new("public-url")
        .long("public-url")
        .value_name("URL")
        .requires("http")
        .value_parser(|text: &str| text.parse::<Public>())
        .help("With --http: where a reverse proxy serves it, e.g. https://pyro.example.com");
    let drain = Arg::new("drain-seconds")
        .long("drain-seconds")
        .value_name("N")
        .requires("http")
        .value_parser(value_parser!(u64).range(0..=3600))
        .help(format!(
            "With --http: how long calls under way may take once it is asked to end [default: {DRAIN_SECONDS}]"
        ));
    let serve = Command::new("serve")
        .about("Serves MCP on standard input and output, or over HTTP")
        .args([profile, http, token_file, public_url, drain, roots, variables]);
    let export = Command::new("export")
        .about("Prints the tools as JSON, for function calling, as Markdown or an SDK's generated module")
        .arg(
            Arg::new("format")
                .long("format")
                .required(true)
                .value_parser(PossibleValuesParser::new([
                    "json",
                    "openai",
                    "anthropic",
                    "markdown",
                    "python",
                    "python-async",
                    "python-results",
                    "typescript",
                ]))
                .help("What to write; openai and anthropic are the `tools` of their APIs' requests"),
        )
        .arg(shown)
        .arg(Arg::new("output").long("output").value_name("PATH").help("Write to this file instead of standard output"))
        .arg(
            Arg::new("check")
                .long("check")
                .action(ArgAction::SetTrue)
                .requires("output")
                .help("Write nothing; fail if the file at --output differs"),
        );
    let pages = Arg::new("directory")
        .long("directory")
        .value_name("DIR")
        .value_parser(value_parser!(PathBuf))
        .help("Write a page for every command into this directory instead");
    let shell = Arg::new("shell").required(true).value_parser(value_parser!(Shell)).help("For which shell");
    let root = cli_tree::insert(root, &["mcp", "serve"], serve);
    let root = cli_tree::insert(root, &["mcp", "config"], config);
    let root = cli_tree::insert(root, &["tools", "export"], export);
    let root = cli_tree::insert(root, &cli_attach::WORDS, cli_attach::command());
    root.subcommand(Command::new("completions").about("Prints completions for a shell").arg(shell))
        .subcommand(Command::new("man").about("Prints the man page").hide(true).arg(pages))
}

pub(super) fn run(words: &[&str], matches: &ArgMatches, front: &Front, streams: &Streams) -> u8 {
    let done = match words {
        words if *words == cli_attach::WORDS => cli_attach::run(matches, front, streams),
        ["mcp", "serve"] => serve(matches, front, streams),
        ["mcp", "config"] => mcp_config::run(matches, streams),
        ["completions"] => Ok(completions(matches, front, streams)),
        ["man"] => man(matches, front, streams),
        ["tools", "export"] => export(matches, front, streams),
        _ => Err(Failure::internal(format!("no command {words:?}"))),
    };
    done.unwrap_or_else(|failure| cli_print::failure(&failure, false, 1, streams))
}

fn serve(matches: &ArgMatches, front: &Front, streams: &Streams) -> Result<u8, Failure> {
    let profile =
        matches.get_one::<Profile>("profile").cloned().map_or_else(|| Profile::named(Profile::DEFAULT), Ok)?;
    let calls = (front.open)(&front.registry)?;
    let address = matches.get_one::<SocketAddr>("http").copied();
    // A program that drives us gave us its own environment; whoever comes over HTTP did not.
    let driven = profile.width == Profiles::None && address.is_none();
    let caller = caller(matches, driven)?;
    let http = address.map(|address| offer(address, profile.clone(), caller.clone(), &calls, matches)).transpose()?;
    let runtime = super::runtime()?;
    let served = runtime.block_on(async {
        match http {
            Some(offer) => mcp_http::serve(calls, offer, streams).await,
            None => mcp_stdio::serve(calls, profile, caller).await,
        }
    });
    // A blocked read of standard input must not hold the exit.
    runtime.shutdown_background();
    served.map(|()| 0)
}

/// Who calls from this host.
fn caller(matches: &ArgMatches, driven: bool) -> Result<Caller, Failure> {
    let named = matches.get_many::<String>("allow-secret-env").into_iter().flatten().cloned().collect();
    let roots: Vec<PathBuf> = matches.get_many("root").into_iter().flatten().cloned().collect();
    Ok(Caller {
        variables: if driven { Variables::All } else { Variables::Named(named) },
        files: if roots.is_empty() { HostFiles::Any } else { HostFiles::beneath(&roots)? },
        ..Caller::default()
    })
}

fn offer(
    address: SocketAddr,
    profile: Profile,
    owner: Caller,
    calls: &Calls,
    matches: &ArgMatches,
) -> Result<mcp_http::Offer, Failure> {
    let own = Token::given(matches.get_one::<PathBuf>("token-file").map(PathBuf::as_path))?;
    // A profile asked for is a ceiling; the default is only a default.
    let ceiling = matches.value_source("profile") == Some(ValueSource::CommandLine);
    let mut named = Profile::NAMES.map(Profile::named).into_iter().collect::<Result<Vec<_>, _>>()?;
    named.retain(|named| !ceiling || named.width <= profile.width);
    let tokens = calls.services().tokens.clone();
    let beyond_loopback = !address.ip().is_loopback();
    let auth = Auth { own, tokens: tokens.any().then_some(tokens), beyond_loopback, owner };
    let public = matches.get_one::<Public>("public-url").cloned();
    let drain = Duration::from_secs(matches.get_one::<u64>("drain-seconds").copied().unwrap_or(DRAIN_SECONDS));
    Ok(mcp_http::Offer { address, profile, named, auth, public, drain })
}

fn completions(matches: &ArgMatches, front: &Front, streams: &Streams) -> u8 {
    let Some(shell) = matches.get_one::<Shell>("shell") else { return cli::USAGE };
    let mut text = Vec::new();
    clap_complete::generate(*shell, &mut cli_tree::command(&front.registry, &front.extras), "pyro", &mut text);
    streams.out(text);
    0
}

fn man(matches: &ArgMatches, front: &Front, streams: &Streams) -> Result<u8, Failure> {
    let command = cli_tree::command(&front.registry, &front.extras);
    let failed = |error| Failure::io("write the man page", &error);
    if let Some(directory) = matches.get_one::<PathBuf>("directory") {
        clap_mangen::generate_to(command, directory).map_err(failed)?;
        return Ok(0);
    }
    let mut text = Vec::new();
    clap_mangen::Man::new(command).render(&mut text).map_err(failed)?;
    streams.out(text);
    Ok(0)
}

fn export(matches: &ArgMatches, front: &Front, streams: &Streams) -> Result<u8, Failure> {
    let format = matches.get_one::<String>("format").map(String::as_str);
    let chosen = matches.value_source("profile") == Some(ValueSource::CommandLine);
    if chosen && !matches!(format, Some("openai" | "anthropic")) {
        return Err(Failure::invalid("only openai and anthropic are of one profile; other formats show every tool")
            .hint("leave out --profile"));
    }
    let profile =
        || matches.get_one::<Profile>("profile").cloned().map_or_else(|| Profile::named(Profile::DEFAULT), Ok);
    let text = match format {
        Some("openai") => functions::openai(&front.registry, &profile()?),
        Some("anthropic") => functions::anthropic(&front.registry, &profile()?),
        Some("python") => python::module(&front.registry),
        Some("python-results") => python::results_module(&front.registry),
        Some("python-async") => python::async_module(&front.registry),
        Some("typescript") => typescript::module(&front.registry),
        Some("markdown") => docs::page(&front.registry),
        _ => mcp_tool::list_as_json(&front.registry),
    };
    let Some(path) = matches.get_one::<String>("output") else {
        streams.out(text);
        return Ok(0);
    };
    if !matches.get_flag("check") {
        std::fs::write(path, text).map_err(|error| Failure::io(&format!("write {path}"), &error))?;
        return Ok(0);
    }
    let found = std::fs::read_to_string(path).map_err(|error| Failure::io(&format!("read {path}"), &error))?;
    if found == text {
        return Ok(0);
    }
    Err(Failure::conflict(format!("{path} is not what the tools declare")).hint("write it anew: leave out --check"))
}
