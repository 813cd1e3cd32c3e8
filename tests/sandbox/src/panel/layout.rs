//! What every page has in common: its frame, and what guards it.

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use maud::{DOCTYPE, Markup, html};

use super::{ASSETS, Home, field::token};

/// The places of the panel, in their order.
const PLACES: [(&str, &str); 3] = [
    ("", "Security"),
    ("/access", "Keys and sessions"),
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
}

/// A page for somebody who is not signed in. Without a home it does not tell where the panel is.
pub(crate) fn outside(home: Option<&Home>, title: &str, content: &Markup) -> Markup {
    let header = html! {
        p.brand {
            @match home {
                Some(home) => a href=(home) { "Account sandbox" },
                None => "Account sandbox",
            }
        }
    };
    document(title, &header, content)
}

/// A page for somebody who is signed in.
pub(super) fn inside(title: &str, frame: &Frame, content: &Markup) -> Markup {
    let home = &frame.home;
    let header = html! {
        p.brand { a href=(home) { "Account sandbox" } }
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
        form.who method="post" action={ (home) "/sign-out" } {
            (token(&frame.form))
            span { (frame.email) }
            button.quiet type="submit" { "Sign out" }
        }
    };
    document(title, &header, content)
}

fn document(title: &str, header: &Markup, content: &Markup) -> Markup {
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
            }
            body {
                a.skip href="#main" { "Skip to the content" }
                header { (header) }
                main id="main" tabindex="-1" {
                    h1 { (title) }
                    (content)
                }
                footer { p { "This is a local sandbox. It does not touch a real account." } }
            }
        }
    }
}

/// What keeps a page from being framed, cached, scripted, and from telling its address.
/// `form_action` is where its forms may lead.
pub(crate) fn guards(form_action: &str) -> HeaderMap {
    let policy = format!(
        "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; \
         frame-ancestors 'none'; form-action {form_action}"
    );
    let mut headers = HeaderMap::new();
    // Its parts are all plain ASCII.
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    for (name, value) in [
        (header::REFERRER_POLICY, "no-referrer"),
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
