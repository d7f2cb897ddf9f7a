//! Tools that answer, fail and report on demand. No machine is started.

use pyro_mcp::{
    Failure,
    registry::{Attachment, Context, Effect, Profiles, Tool},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A PNG of one transparent pixel.
const PIXEL: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89\0\0\0\x0dIDATx\x9cc\0\x01\0\0\x05\0\x01\x0d\n-\xb4\0\0\0\0IEND\xaeB`\x82";

#[derive(Serialize, Deserialize, JsonSchema)]
pub(crate) struct Said {
    pub(crate) said: String,
}

fn said(text: &str) -> Result<Said, Failure> {
    Ok(Said { said: text.to_owned() })
}

/// Declares one tool: its input, its title, an example, and what it does.
macro_rules! fixture {
    ($(#[$doc:meta])* $name:ident { $($(#[$about:meta])* $field:ident: $kind:ty),* },
     $title:literal, $example:literal, $run:expr) => {
        $(#[$doc])*
        #[derive(Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub(crate) struct $name {
            $($(#[$about])* pub(crate) $field: $kind),*
        }

        impl Tool for $name {
            const TITLE: &'static str = $title;
            const EFFECT: Effect = Effect::Reads;
            const PROFILES: Profiles = Profiles::VmRun;
            const EXAMPLE: &'static str = $example;
            type Output = Said;

            async fn run(self, cx: Context) -> Result<Said, Failure> {
                let run: fn(Self, &Context) -> Result<Said, Failure> = $run;
                run(self, &cx)
            }
        }
    };
}

fixture! {
    /// Answer with a text.
    SimpleText {}, "Say something", "{}",
    |_, _| said("a simple text")
}
fixture! {
    /// Fail.
    ErrorHandling {}, "Fail", "{}",
    |_, _| Err(Failure::conflict("this tool always fails"))
}
fixture! {
    /// Report how far it is, three times.
    WithProgress {}, "Report progress", "{}",
    |_, cx| {
        for (step, fraction) in [("begun", 0.0), ("half-way", 0.5), ("done", 1.0)] {
            cx.progress(step, Some(fraction));
        }
        said("reported")
    }
}
fixture! {
    /// Answer with a picture beside the text.
    ImageContent {}, "Show something", "{}",
    |_, cx| {
        cx.attach(Attachment::Image { media_type: "image/png", bytes: PIXEL.to_vec() });
        said("one pixel")
    }
}
fixture! {
    /// Do something worth a log line; pyro logs to no client.
    Logging {}, "Be silent", "{}",
    |_, cx| {
        cx.progress("working", None);
        said("nothing was logged")
    }
}
fixture! {
    /// Answer on a stream that carries reports besides; pyro asks clients for nothing.
    Streaming {}, "Ask nothing", "{}",
    |_, cx| {
        cx.progress("working", None);
        said("nothing was asked")
    }
}
fixture! {
    /// Answer which region a header and the arguments name alike.
    CustomHeader {
        /// Where.
        #[schemars(extend("x-mcp-header" = "Region"))]
        region: String
    }, "Read a header", r#"{"region": "north"}"#,
    |input, _| said(&input.region)
}
fixture! {
    /// Take what a schema of the whole 2020-12 vocabulary allows.
    Declared {
        email: Option<String>
    }, "Declare a schema", r#"{"email": "ada@example.com"}"#,
    |_, _| said("declared")
}
