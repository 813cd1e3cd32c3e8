//! The way to the API: proxy, name, connection, TLS, an answer, and its clock.

use std::time::Duration;

use super::failure;
use crate::{
    api::{ApiError, connect, proxy_place},
    config::Target,
    context::Context,
    credentials::target_for_login,
    env,
    error::{CliError, Kind, Result},
    model::Finding,
};

/// How long the name and the connection may take, each.
const CONNECT_LIMIT: Duration = Duration::from_secs(2);

/// How long TLS and an answer may take.
const ANSWER_LIMIT: Duration = Duration::from_millis(2500);

/// From how many seconds on the clocks are worth a warning: half a step of a one-time password
/// (RFC 6238 §5.2). Beyond it a code is more often of the step beside the right one than of it.
const CLOCK_WARNING_S: u64 = 15;

/// From how many seconds on the clocks are a problem: a whole step. A code made on this machine is
/// then never of the step that the API expects.
const CLOCK_PROBLEM_S: u64 = 30;

/// What was found about the way.
pub(super) struct Service {
    /// The findings.
    pub(super) findings: Vec<Finding>,
    /// Whether the API answered.
    pub(super) is_reached: bool,
}

/// Goes the whole way, without a key.
pub(super) async fn check(ctx: &Context) -> Service {
    let mut findings = Vec::new();
    let outcome = reach(ctx, &mut findings).await;
    let is_reached = outcome.is_ok();
    if let Err(err) = outcome {
        findings.push(failure("api", &err));
    }
    Service {
        findings,
        is_reached,
    }
}

async fn reach(ctx: &Context, findings: &mut Vec<Finding>) -> Result<()> {
    let target = target_for_login(ctx.settings()?, ctx.local()?)?;
    let origin = &target.origin;
    let proxy = env::proxy().filter(|_| origin.is_tls() && !origin.is_loopback());
    match &proxy {
        None => way(&origin.host(), origin.port()).await?,
        Some(address) => match proxy_place(address) {
            Some((host, port)) => {
                findings.push(Finding::ok(
                    "proxy",
                    format!("requests go through {host}, port {port}"),
                ));
                // Which hosts go around the proxy, the HTTP library alone knows.
                if !env::is_set(env::NO_PROXY) {
                    way(&host, port).await?;
                }
            }
            None => findings.push(Finding::problem(
                "proxy",
                "the proxy variable holds no address",
                format!("fix or unset `{}`", env::HTTPS_PROXY),
            )),
        },
    }
    let http = ctx.clients().anonymous(&target)?;
    match tokio::time::timeout(ANSWER_LIMIT, http.knock(target.dialect)).await {
        Ok(answer) => answer.map_err(|err| explained(err, &target))?,
        Err(_) => {
            return Err(CliError::new(
                Kind::Unreachable,
                format!(
                    "{origin} took the connection and did not answer within {} s",
                    ANSWER_LIMIT.as_secs_f32()
                ),
            )
            .hint(CURL.replace("URL", &origin.to_string())));
        }
    }
    findings.push(Finding::ok("api", answers(&target)));
    findings.extend(http.clock_ahead_s().map(clock));
    Ok(())
}

/// Where a connection was made and then failed before the request left, TLS failed.
fn explained(err: ApiError, target: &Target) -> CliError {
    match err {
        ApiError::Connect {
            host,
            reason,
            sent: false,
            ..
        } if target.origin.is_tls() => CliError::new(
            Kind::Unreachable,
            format!("the TLS connection to {host} failed ({reason})"),
        )
        .hint(
            "set `SSL_CERT_FILE` to the certificate authorities of your network, and check the \
             clock of this machine with `date`",
        ),
        err => err.into(),
    }
}

/// What shows more of a way that ends somewhere.
const CURL: &str = "look closer with `curl -sv URL`; check your network, the proxy (`HTTPS_PROXY`) and the firewall";

async fn way(host: &str, port: u16) -> Result<()> {
    connect(host, port, CONNECT_LIMIT).await.map_err(|err| {
        let url = format!("https://{host}:{port}");
        CliError::new(Kind::Unreachable, err.to_string()).hint(CURL.replace("URL", &url))
    })
}

fn answers(target: &Target) -> String {
    let origin = &target.origin;
    let trust = match env::path(env::SSL_CERT_FILE) {
        _ if !origin.is_tls() => String::new(),
        Some(path) => format!("; its certificate is good (with {})", path.display()),
        None => "; its certificate is good".to_owned(),
    };
    format!("{origin} answers{trust}")
}

/// Judges how far the API's clock is ahead of this machine's, in seconds.
fn clock(ahead_s: i64) -> Finding {
    let apart = ahead_s.unsigned_abs();
    let side = if ahead_s < 0 { "ahead of" } else { "behind" };
    let message = format!("this machine's clock is {apart} s {side} the API's");
    let hint = if cfg!(windows) {
        "run `w32tm /resync`"
    } else if cfg!(target_os = "macos") {
        "run `sudo sntp -sS time.apple.com`"
    } else {
        "run `sudo timedatectl set-ntp true`; one-time passwords made on this machine may be refused"
    };
    if apart > CLOCK_PROBLEM_S {
        Finding::problem("clock", message, hint)
    } else if apart > CLOCK_WARNING_S {
        Finding::warning("clock", message, hint)
    } else if apart <= 1 {
        // The header tells whole seconds.
        Finding::ok("clock", "this machine's clock agrees with the API's")
    } else {
        Finding::ok("clock", message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Health;

    // Issue 10, 6
    #[test]
    fn a_clock_is_judged_by_the_step_of_a_one_time_password() {
        for (ahead, state, said) in [
            (0, Health::Ok, "agrees"),
            (15, Health::Ok, "15 s behind"),
            (16, Health::Warning, "16 s behind"),
            (-30, Health::Warning, "30 s ahead of"),
            (-31, Health::Problem, "31 s ahead of"),
        ] {
            let found = clock(ahead);
            assert_eq!(found.state, state, "{ahead}");
            assert!(found.message.contains(said), "{}", found.message);
        }
    }
}
