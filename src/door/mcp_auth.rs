//! Who asks over HTTP, by the token that is shown; and what that one may do.

use std::sync::Arc;

use http::{StatusCode, header::AUTHORIZATION, request::Parts};

use super::{
    mcp_guard::{self, Refusal},
    mcp_token::Token,
};
use crate::{
    failure::{Code, Failure},
    host::clock::now_unix,
    registry::Profiles,
    token::{Refused, TokenRecord, Tokens},
    workspace::{Caller, HostFiles},
};

/// Who may ask, decided when the server starts.
pub(super) struct Auth {
    /// The server's own token, which its owner shows.
    pub(super) own: Option<Token>,
    /// Everybody's, where a token is wanted at all.
    pub(super) tokens: Option<Tokens>,
    /// Whoever comes may come from another host.
    pub(super) beyond_loopback: bool,
    /// As the owner of this state directory may call from this host.
    pub(super) owner: Caller,
}

/// One who may ask.
#[derive(Debug)]
pub(super) struct Asker {
    pub(super) caller: Arc<Caller>,
    /// The widest profile it may use.
    pub(super) ceiling: Profiles,
}

impl Auth {
    /// Whether callers must show a token.
    pub(super) fn wants_token(&self) -> bool {
        self.own.is_some() || self.tokens.is_some()
    }

    /// Who sent this request; `base_url` is how it reached us.
    pub(super) fn admit(&self, head: &Parts, base_url: String) -> Result<Asker, Refusal> {
        if head.uri.query().is_some_and(|query| query.contains("token") || query.contains("pyro_")) {
            return Err(no("a token in the address is refused, even the right one: addresses end up in logs"));
        }
        if !self.wants_token() {
            return Ok(self.owner(base_url));
        }
        let shown = mcp_guard::only(&head.headers, AUTHORIZATION).and_then(|value| value.split_once(' '));
        let shown = match shown {
            Some((scheme, shown)) if scheme.eq_ignore_ascii_case("bearer") => shown.trim(),
            Some(_) => return Err(no("this is no bearer token")),
            None => return Err(no("this server wants a token, once")),
        };
        if self.own.as_ref().is_some_and(|own| own.is(shown.as_bytes())) {
            return Ok(self.owner(base_url));
        }
        let admitted = self.tokens.as_ref().map_or(Err(Refused::Unknown), |tokens| tokens.admit(shown, now_unix()));
        match admitted {
            Ok(token) => Ok(self.holder(token, base_url)),
            Err(Refused::Expired) => Err(no("this token has expired")),
            Err(Refused::Unknown) => Err(no("this token admits nobody here: it is wrong, or was revoked")),
        }
    }

    fn owner(&self, base_url: String) -> Asker {
        let mut caller = self.owner.clone();
        if self.beyond_loopback {
            (caller.files, caller.base_url) = (HostFiles::None, Some(base_url));
        }
        Asker { caller: Arc::new(caller), ceiling: Profiles::None }
    }

    fn holder(&self, token: TokenRecord, base_url: String) -> Asker {
        let caller = Caller {
            principal: Some(token.principal),
            allowance: token.allowance,
            files: HostFiles::None,
            variables: self.owner.variables.clone(),
            base_url: Some(base_url),
        };
        Asker { caller: Arc::new(caller), ceiling: Profiles::named(&token.profile) }
    }
}

fn no(message: &str) -> Refusal {
    let failure = Failure::new(Code::Denied, message).hint("send the header `Authorization: Bearer TOKEN`");
    Refusal::new(StatusCode::UNAUTHORIZED, failure)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::token::{Allowance, NewToken};

    fn head(uri: &str, headers: &[&str]) -> Parts {
        let request = headers
            .iter()
            .fold(http::Request::builder().uri(uri), |request, value| request.header(AUTHORIZATION, *value));
        request.body(()).unwrap().into_parts().0
    }

    fn status(auth: &Auth, uri: &str, headers: &[&str]) -> u16 {
        let asked = auth.admit(&head(uri, headers), "http://x".into());
        asked.err().map_or(200, |refusal| refusal.status.as_u16())
    }

    fn own() -> Token {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("token");
        let mut options = std::fs::OpenOptions::new();
        let options = std::os::unix::fs::OpenOptionsExt::mode(options.create(true).write(true), 0o600);
        options.open(&path).unwrap().write_all(b"s3cret").unwrap();
        Token::given(Some(&path)).unwrap().unwrap()
    }

    fn auth(own: Option<Token>, tokens: Option<Tokens>, beyond_loopback: bool) -> Auth {
        Auth { own, tokens, beyond_loopback, owner: Caller::default() }
    }

    #[test]
    fn the_servers_token_is_wanted_in_its_header_once() {
        let auth = auth(Some(own()), None, false);
        for good in ["Bearer s3cret", "bearer s3cret", "BEARER  s3cret"] {
            assert_eq!(status(&auth, "/mcp", &[good]), 200, "{good}");
        }
        for bad in ["", "Bearer", "Bearer ", "s3cret", "Basic s3cret", "Bearer s3cre", "Bearer s3cret x"] {
            assert_eq!(status(&auth, "/mcp", &[bad]), 401, "{bad}");
        }
        assert_eq!(status(&auth, "/mcp", &["Bearer s3cret", "Bearer s3cret"]), 401);
        assert_eq!(status(&auth, "/mcp?access_token=s3cret", &["Bearer s3cret"]), 401);
        assert_eq!(status(&auth, "/mcp", &[]), 401);
        assert_eq!(status(&super::tests::auth(None, None, false), "/mcp", &[]), 200);
    }

    #[test]
    fn who_shows_a_token_is_its_principal_and_elsewhere() {
        let home = tempfile::tempdir().unwrap();
        let tokens = Tokens::below(home.path());
        let new = NewToken {
            principal: "ci".parse().unwrap(),
            profile: "vm-run".into(),
            allowance: Allowance { mem_mib: Some(512), workspaces: None },
            expires_in: None,
        };
        let (record, text) = tokens.create(new, 0).unwrap();
        let auth = auth(Some(own()), Some(tokens.clone()), false);
        let asker = |shown: &str| auth.admit(&head("/mcp", &[shown]), "http://x".into()).unwrap();
        let ci = asker(&format!("Bearer {text}"));
        assert_eq!(ci.caller.principal.as_ref().unwrap().as_str(), "ci");
        assert!(ci.caller.is_elsewhere() && ci.ceiling == Profiles::VmRun && ci.caller.allowance.mem_mib == Some(512));
        assert!(matches!(ci.caller.files, HostFiles::None));
        let owner = asker("Bearer s3cret");
        assert!(
            owner.caller.principal.is_none()
                && !owner.caller.is_elsewhere()
                && matches!(owner.caller.files, HostFiles::Any)
        );
        tokens.revoke(record.token_id.as_str()).unwrap();
        assert_eq!(status(&auth, "/mcp", &[&format!("Bearer {text}")]), 401);
    }

    #[test]
    fn an_owner_from_another_host_names_no_paths() {
        let auth = auth(Some(own()), None, true);
        let owner = auth.admit(&head("/mcp", &["Bearer s3cret"]), "http://x".into()).unwrap();
        assert!(owner.caller.is_elsewhere() && matches!(owner.caller.files, HostFiles::None));
    }
}
