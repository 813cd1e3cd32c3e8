//! What every page has in common: its frame, and what guards it.

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
};
use maud::{DOCTYPE, Markup, html};

use super::{ASSETS, Home, field::token, memory::Said, sign_ins};

/// The places of the panel, in their order.
pub(super) const PLACES: [(&str, &str); 4] = [
    ("", "Security"),
    ("/access", "Sessions and keys"),
    (sign_ins::PLACE, "Sign-ins"),
    ("/recovery", "Recovery"),
];

/// Who sees a page of the panel, and which.
pub(super) struct Frame {
    pub(super) email: String,
    /// The token of the forms on the page.
    pub(super) form: String,
    pub(super) home: Home,
    /// The address below the panel's home that the page belongs to.
    pub(super) place: &'static str,
    /// What the page says of what was done before.
    pub(super) said: Option<Said>,
}

/// A page for somebody who is not signed in. Without a home it does not tell where the panel is.
pub(crate) fn outside(home: Option<&Home>, title: &str, content: &Markup) -> Markup {
    let main = html! {
        main.narrow id="main" tabindex="-1" {
            h1 { (title) }
            (content)
        }
    };
    document(title, &brand(home), &main)
}

/// A page of a place, for somebody who is signed in.
pub(super) fn inside(title: &str, frame: &Frame, content: &Markup) -> Markup {
    placed(title, frame, &html! {}, content)
}

/// A page below the page of a place, such as a question: it leads back there.
pub(super) fn below(title: &str, frame: &Frame, content: &Markup) -> Markup {
    let way = PLACES.iter().find(|(place, _)| *place == frame.place);
    let back = html! {
        @if let Some((place, name)) = way {
            p.back { a href={ (frame.home) (place) } { span aria-hidden="true" { "← " } (name) } }
        }
    };
    placed(title, frame, &back, content)
}

fn placed(title: &str, frame: &Frame, back: &Markup, content: &Markup) -> Markup {
    let home = &frame.home;
    let header = html! {
        (brand(Some(home)))
        // Browsers open and close a popover without a script (HTML, "The popover attribute").
        button.account type="button" popovertarget="account" {
            span.sr { "Account: " }
            span.email { (frame.email) }
        }
        div.menu id="account" popover {
            p { "Signed in as " strong { (frame.email) } }
            form method="post" action={ (home) "/sign-out" } {
                (token(&frame.form))
                button.quiet type="submit" { "Sign out" }
            }
        }
        nav aria-label="Account" {
            ul {
                @for (place, name) in PLACES {
                    li {
                        a href={ (home) (place) } aria-current=[(place == frame.place).then_some("page")] {
                            (name)
                        }
                    }
                }
            }
        }
    };
    let main = html! {
        main id="main" tabindex="-1" {
            (back)
            h1 { (title) }
            @if let Some(said) = &frame.said { (said) }
            (content)
        }
    };
    document(title, &header, &main)
}

fn brand(home: Option<&Home>) -> Markup {
    html! {
        p.brand {
            @match home {
                Some(home) => a href=(home) { "Account sandbox" },
                None => "Account sandbox",
            }
        }
    }
}

fn document(title: &str, header: &Markup, main: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " - Account sandbox" }
                link rel="stylesheet" href={ (ASSETS) "/style.css" };
                link rel="icon" href="data:,";
                script src={ (ASSETS) "/script.js" } defer {}
            }
            body {
                a.skip href="#main" { "Skip to the content" }
                header { (header) }
                (main)
                footer { p { "This is a local sandbox. It does not touch a real account." } }
            }
        }
    }
}

/// What keeps a page from being framed and cached, from running a script but the panel's own file,
/// and from telling its address to other sites. With `no-referrer` browsers would call the origin of
/// its own forms `null`, which the service refuses.
/// `form_action` is where its forms may lead.
pub(crate) fn guards(form_action: &str) -> HeaderMap {
    let policy = format!(
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; base-uri 'none'; \
         frame-ancestors 'none'; form-action {form_action}"
    );
    let mut headers = HeaderMap::new();
    // Its parts are all plain ASCII.
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    for (name, value) in [
        (header::REFERRER_POLICY, "same-origin"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
}

/// A page as an answer.
pub(crate) fn answer(status: StatusCode, page: Markup) -> Response {
    (status, guards("'self'"), Html(page.into_string())).into_response()
}

/// The page for an address that has none.
pub(super) fn not_found(home: Option<&Home>) -> Response {
    let content = html! {
        p { "There is no such page." }
        @match home {
            Some(home) => p { a.button href=(home) { "Go to the account" } },
            None => p {
                "The control panel has an address that nobody can guess. Open the "
                code { "panel_url" } " that " code { "scw-sandbox serve" } " prints."
            },
        }
    };
    answer(
        StatusCode::NOT_FOUND,
        outside(home, "Page not found", &content),
    )
}

/// A redirect, with `GET`.
pub(crate) fn lead(address: &str) -> Response {
    (guards("'self'"), Redirect::to(address)).into_response()
}
