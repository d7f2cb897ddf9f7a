//! Callers' paths in a workspace. Pure.

use super::view::WORKSPACE_PATH;
use crate::failure::Failure;

/// The absolute path that a caller means: relative ones begin in /workspace, and none leads out of it.
pub(super) fn inside(argument: &str, path: &str) -> Result<String, Failure> {
    let shown: String = path.chars().take(200).collect();
    if path.trim().is_empty() || path.contains('\0') {
        return Err(Failure::invalid(format!("{argument} is empty or has a NUL character")));
    }
    let outside = || {
        Failure::invalid(format!("{argument} {shown:?} leads out of {WORKSPACE_PATH}"))
            .hint("paths are relative to /workspace or begin with it; workspace_exec reaches everything else")
    };
    let mut parts: Vec<&str> = Vec::new();
    let below = match path.strip_prefix('/') {
        None => path,
        Some(absolute) => {
            let absolute = absolute.trim_start_matches('/');
            let rest = absolute.strip_prefix(&WORKSPACE_PATH[1..]).ok_or_else(outside)?;
            if !rest.is_empty() && !rest.starts_with('/') {
                return Err(outside());
            }
            rest
        }
    };
    for part in below.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop().ok_or_else(outside)?),
            part => parts.push(part),
        }
    }
    Ok(std::iter::once(WORKSPACE_PATH).chain(parts).collect::<Vec<_>>().join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_inside() {
        for (path, meant) in [
            ("a", "/workspace/a"),
            (".", "/workspace"),
            ("/workspace", "/workspace"),
            ("//workspace//a/./b/", "/workspace/a/b"),
            ("src/../src/x", "/workspace/src/x"),
            ("/workspace/a b", "/workspace/a b"),
            (" lead", "/workspace/ lead"),
            ("...", "/workspace/..."),
        ] {
            assert_eq!(inside("path", path).unwrap(), meant, "{path:?}");
        }
        for path in
            ["", "  ", "..", "a/../..", "/etc/passwd", "/", "/workspaces", "/workspace/..", "/workspace/../etc", "a\0b"]
        {
            assert_eq!(inside("path", path).unwrap_err().code, crate::Code::Invalid, "{path:?}");
        }
    }
}
