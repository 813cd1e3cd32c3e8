//! The pages: plain HTML without scripts.

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};

use super::target::{Target, encode};

const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;max-width:26rem;margin:3rem auto;\
padding:0 1rem;color:#222;background:#fff}label{display:block;margin-top:1rem}\
input{box-sizing:border-box;width:100%;padding:.5rem;font:inherit;border:1px solid #767676;\
border-radius:4px}button{margin-top:1.5rem;padding:.6rem 1rem;font:inherit;color:#fff;\
background:#4f0599;border:0;border-radius:4px}code{overflow-wrap:anywhere}\
[role=alert]{padding:.5rem .75rem;border-left:4px solid #b3144d;background:#ffebf2}";

/// Text for HTML, between tags and in quoted attributes.
fn escape(text: &str) -> String {
    text.chars().fold(String::new(), |mut escaped, letter| {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
        escaped
    })
}

fn html(title: &str, content: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{title}</title><style>{STYLE}</style></head>\n\
         <body><main><h1>{title}</h1>\n{content}</main></body></html>\n",
        title = escape(title),
    )
}

/// What keeps a page from being framed, cached, scripted, and from telling its address.
fn guards(target: Option<&Target>) -> HeaderMap {
    // A browser applies `form-action` to where the answer of a form leads, too.
    let form = target.map_or_else(
        || "'none'".to_owned(),
        |target| format!("'self' {}", target.policy_source()),
    );
    let policy = format!(
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; \
         frame-ancestors 'none'; form-action {form}"
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

/// The form, with what went wrong the last time.
pub(super) fn form(
    status: StatusCode,
    target: &Target,
    email: &str,
    problem: Option<&str>,
) -> Response {
    let problem = problem.map_or_else(String::new, |problem| {
        format!("<p role=\"alert\">{}</p>\n", escape(problem))
    });
    let content = format!(
        "{problem}<p>A program on this computer asks for a login to your account. The login goes \
         to</p>\n<p><code>{url}</code></p>\n<p>Go on only if you have just started that program \
         yourself.</p>\n\
         <form method=\"post\" action=\"/authenticate?redirectToUrl={action}\">\n\
         <label for=\"email\">Email address</label>\
         <input id=\"email\" name=\"email\" type=\"email\" autocomplete=\"username\" required \
         value=\"{email}\">\n\
         <label for=\"password\">Password</label>\
         <input id=\"password\" name=\"password\" type=\"password\" \
         autocomplete=\"current-password\" required>\n\
         <label for=\"code\">Code from your authenticator app, or a backup code (only with \
         two-factor authentication)</label>\
         <input id=\"code\" name=\"code\" autocomplete=\"one-time-code\" autocapitalize=\"none\" \
         spellcheck=\"false\">\n\
         <button type=\"submit\">Sign in and give the program the login</button>\n</form>\n",
        url = escape(&target.url()),
        action = escape(&encode(&target.url())),
        email = escape(email),
    );
    (
        status,
        guards(Some(target)),
        Html(html("Sandbox: sign in", &content)),
    )
        .into_response()
}

/// A page that says why there is no form.
pub(super) fn refusal(status: StatusCode, text: &str) -> Response {
    let content = format!("<p role=\"alert\">{}</p>\n", escape(text));
    let page = Html(html("Sandbox: this does not work", &content));
    (status, guards(None), page).into_response()
}

/// Leads the browser to the callback, with the login.
pub(super) fn hand_over(target: &Target, login: &str) -> Response {
    let to = format!("{}?token={}", target.url(), encode(login));
    let mut headers = guards(Some(target));
    match HeaderValue::from_str(&to) {
        Ok(to) => {
            headers.insert(header::LOCATION, to);
            (StatusCode::SEE_OTHER, headers).into_response()
        }
        Err(_) => refusal(
            StatusCode::INTERNAL_SERVER_ERROR,
            "The program's address cannot be written.",
        ),
    }
}
