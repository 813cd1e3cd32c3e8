//! The examples for CI: each line that a job would run is run.

use std::{collections::BTreeMap, fs, path::Path, process::Command};

use serde::Deserialize;

use crate::support::{Ran, World, binary, official::official_at};

/// What is read of a workflow of GitHub Actions.
#[derive(Deserialize)]
struct Workflow {
    jobs: BTreeMap<String, Job>,
}

#[derive(Deserialize)]
struct Job {
    env: BTreeMap<String, String>,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Step {
    run: Option<String>,
}

/// What is read of a pipeline of GitLab.
#[derive(Deserialize)]
struct Pipeline {
    #[serde(rename = "two-factor")]
    job: PipelineJob,
}

#[derive(Deserialize)]
struct PipelineJob {
    script: Vec<String>,
    artifacts: Artifacts,
}

#[derive(Deserialize)]
struct Artifacts {
    reports: BTreeMap<String, String>,
}

fn example<T: for<'de> Deserialize<'de>>(name: &str) -> T {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("docs/ci")
        .join(name);
    serde_saphyr::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// Runs lines one after another as a runner does, until one fails: in a folder with the project's
/// Cargo.toml, with an API key in the environment. Building takes minutes, so `cargo` is a stand-in: it
/// refuses any other arguments, and any other folder, and installs the program of the tests.
fn run(world: &World, lines: &[String]) -> Ran {
    let home = world.home.path();
    fs::write(home.join("Cargo.toml"), "name = \"scw\"").unwrap();
    let programs = home.join("programs");
    fs::create_dir_all(&programs).unwrap();
    let cargo = format!(
        "[ \"$*\" = 'install --locked --path .' ] && grep -q scw Cargo.toml || exit 1\n\
         mkdir -p ~/.cargo/bin && ln -sf '{}' ~/.cargo/bin/scw",
        binary()
    );
    official_at(&programs.join("cargo"), &cargo);
    let path = std::env::var("PATH").unwrap();
    let info = world.info();
    let output = Command::new("bash")
        .args(["-e", "-o", "pipefail", "-c", &lines.join("\n")])
        .current_dir(home)
        .env_clear()
        .env(
            "PATH",
            format!(
                "{}/.cargo/bin:{}:{path}",
                home.display(),
                programs.display()
            ),
        )
        .env("HOME", home)
        .env("GITHUB_STEP_SUMMARY", home.join("summary.md"))
        .env("SCW_API_URL", &info.api_url)
        .env("SCW_ACCESS_KEY", &info.access_key)
        .env("SCW_SECRET_KEY", &info.secret_key)
        .env("SCW_DEFAULT_ORGANIZATION_ID", &info.organization_id)
        .output()
        .unwrap();
    Ran::of(output)
}

/// An organization whose only member has two-factor authentication or not.
fn organization(has_it: bool) -> World {
    let world = World::logged_in();
    if has_it {
        world.switch_on();
    }
    world
}

// Issue 12, 3
#[test]
fn the_example_for_github_writes_a_summary_and_fails_where_a_member_is_without() {
    let workflow: Workflow = example("github-actions.yml");
    let job = &workflow.jobs["two-factor"];
    let secrets: Vec<&str> = job.env.keys().map(String::as_str).collect();
    assert_eq!(
        secrets,
        [
            "SCW_ACCESS_KEY",
            "SCW_DEFAULT_ORGANIZATION_ID",
            "SCW_SECRET_KEY"
        ]
    );
    let lines: Vec<String> = job
        .steps
        .iter()
        .filter_map(|step| step.run.clone())
        .collect();
    assert_eq!(lines.len(), 2);
    for (has_it, code, cell) in [(true, 0, "| on |"), (false, 8, "| **off** |")] {
        let world = organization(has_it);
        run(&world, &lines).expect(code);
        let summary = fs::read_to_string(world.home.path().join("summary.md")).unwrap();
        assert!(summary.contains(cell), "{summary}");
    }
}

// Issue 12, 3
#[test]
fn the_example_for_gitlab_leaves_test_results_and_fails_where_a_member_is_without() {
    let pipeline: Pipeline = example("gitlab-ci.yml");
    let results = &pipeline.job.artifacts.reports["junit"];
    for (has_it, code, failures) in [(true, 0, 0), (false, 8, 1)] {
        let world = organization(has_it);
        run(&world, &pipeline.job.script).expect(code);
        let results = fs::read_to_string(world.home.path().join(results)).unwrap();
        assert_eq!(results.matches("<testcase").count(), 1);
        assert_eq!(results.matches("<failure").count(), failures);
    }
}
