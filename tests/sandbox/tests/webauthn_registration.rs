//! Registering a passkey through the API (protocol.md E), with a software authenticator.

use crate::wire::{
    Answer, Wire,
    device::{Device, for_web, standard},
};
use data_encoding::BASE64;
use serde_json::{Value, json};

const MEMBER: &str = "5c9e0a3e-1d0f-4a55-9d6f-0f0e4a6d2b11";
const MEMBER_KEY: &str = "11111111-2222-4333-8444-555555555555";

fn start(wire: &Wire, origin: &str) -> Answer {
    let query = crate::wire::encode(origin);
    let path = format!("/start-webauthn-registration?origin={query}");
    wire.request("POST", &wire.user_path(&path), None)
}

fn finish(wire: &Wire, body: &Value) -> Answer {
    let path = wire.user_path("/finish-webauthn-registration");
    wire.request("POST", &path, Some(body.clone()))
}

/// What a client makes of the service's answer for a page of an origin.
fn options(started: &Value, relying_party: &str, user_id: &str) -> Value {
    let excluded = started["exclude_credentials"].as_array().unwrap();
    let excluded = excluded
        .iter()
        .map(|id| json!({"type": "public-key", "id": for_web(id)}));
    let algorithms = started["public_key_algorithms"].as_array().unwrap();
    let algorithms = algorithms
        .iter()
        .map(|algorithm| json!({"type": "public-key", "alg": algorithm}));
    let handle = user_id.replace('-', "");
    let handle = data_encoding::HEXLOWER.decode(handle.as_bytes()).unwrap();
    json!({
        "rp": {"id": relying_party, "name": "a service"},
        "user": {
            "id": data_encoding::BASE64URL_NOPAD.encode(&handle),
            "name": "me", "displayName": "me",
        },
        "challenge": for_web(&started["challenge"]),
        "pubKeyCredParams": algorithms.collect::<Vec<_>>(),
        "excludeCredentials": excluded.collect::<Vec<_>>(),
        "authenticatorSelection": {
            "residentKey": "preferred", "userVerification": "preferred",
        },
    })
}

/// The body of the last call for what an authenticator made.
fn body(started: &Value, origin: &str, made: &Value) -> Value {
    let response = &made["response"];
    json!({
        "ceremony_id": started["ceremony_id"],
        "authenticator_name": "Security key",
        "origin": origin,
        "raw_id": standard(&made["rawId"]),
        "client_data_json": standard(&response["clientDataJSON"]),
        "authenticator_data": standard(&response["authenticatorData"]),
        "attestation_object": standard(&response["attestationObject"]),
        "public_key": standard(&response["publicKey"]),
        "public_key_algorithm": response["publicKeyAlgorithm"],
    })
}

/// A ceremony up to its last call.
fn prepared(wire: &Wire, device: &mut Device) -> Value {
    let origin = wire.origin();
    let started = start(wire, &origin).expect(200);
    let options = options(&started, "localhost", &wire.sandbox.info().user_id);
    let made = device.create(&origin, &options).unwrap();
    body(&started, &origin, &made)
}

fn names(wire: &Wire) -> Vec<String> {
    let listed = wire
        .get(&wire.user_path("/webauthn-authenticators"))
        .expect(200);
    let listed = listed["authenticators"].as_array().unwrap().iter();
    let names = listed.map(|one| one["name"].as_str().unwrap().to_owned());
    names.collect()
}

#[track_caller]
fn refused(answer: Answer, argument: &str) -> String {
    let answer = answer.expect(400);
    assert_eq!(answer["type"], "invalid_arguments");
    let detail = &answer["details"][0];
    assert_eq!(detail["argument_name"], argument, "{answer}");
    detail["help_message"].as_str().unwrap().to_owned()
}

// Issue 11, 2: registration through the API, exactly as protocol.md E says.
#[test]
fn a_key_is_registered_and_listed_and_excluded_from_then_on() {
    let wire = Wire::new();
    let origin = wire.origin();
    let started = start(&wire, &origin).expect(200);
    assert_eq!(started.as_object().unwrap().len(), 5);
    assert_eq!(started["timeout"], "60.000000000s");
    assert_eq!(started["exclude_credentials"], json!([]));
    let algorithms = started["public_key_algorithms"].as_array().unwrap();
    assert!(algorithms.contains(&json!(-7)), "{started}");
    let challenge = started["challenge"].as_str().unwrap();
    assert_eq!(BASE64.decode(challenge.as_bytes()).unwrap().len(), 16);
    assert_ne!(start(&wire, &origin).expect(200)["challenge"], challenge);

    for mut device in [Device::new(), Device::without_verification()] {
        let before = names(&wire).len();
        let finished = finish(&wire, &prepared(&wire, &mut device)).expect(200);
        assert_eq!(finished.as_object().unwrap().len(), 1);
        assert_eq!(names(&wire).len(), before + 1);
        let listed = wire
            .get(&wire.user_path("/webauthn-authenticators"))
            .expect(200);
        let newest = &listed["authenticators"][before];
        assert_eq!(newest["id"], finished["authenticator_id"]);
        assert_eq!(newest["name"], "Security key");
        assert_eq!(newest["last_login_at"], Value::Null);
        assert_eq!(wire.get(&wire.user_path("")).expect(200)["mfa"], true);

        let started = start(&wire, &origin).expect(200);
        let excluded = started["exclude_credentials"].as_array().unwrap();
        assert_eq!(excluded.len(), before + 1);
        let options = options(&started, "localhost", &wire.sandbox.info().user_id);
        assert!(device.create(&origin, &options).is_err(), "it was excluded");
    }
}

// Issue 11, 2: a wrong origin, a wrong challenge, another relying party.
#[test]
fn what_was_made_for_another_page_is_refused() {
    let wire = Wire::new();
    let own = wire.origin();
    let user = wire.sandbox.info().user_id.clone();
    for other in [
        "https://console.scaleway.com",
        "http://127.0.0.1",
        "localhost",
        &format!("{own}/"),
    ] {
        assert!(refused(start(&wire, other), "origin").contains(&own));
    }
    let nothing = wire.user_path("/start-webauthn-registration");
    refused(wire.request("POST", &nothing, None), "origin");
    let mut wrong = prepared(&wire, &mut Device::new());
    wrong["origin"] = json!("https://console.scaleway.com");
    refused(finish(&wire, &wrong), "origin");

    // A page of another port has the same relying party.
    let started = start(&wire, &own).expect(200);
    let asked = options(&started, "localhost", &user);
    let elsewhere = Device::new().create("http://localhost:1", &asked).unwrap();
    let wrong = body(&started, &own, &elsewhere);
    refused(finish(&wire, &wrong), "client_data_json");

    let started = start(&wire, &own).expect(200);
    let asked = options(&start(&wire, &own).expect(200), "localhost", &user);
    let answered = Device::new().create(&own, &asked).unwrap();
    let wrong = body(&started, &own, &answered);
    refused(finish(&wire, &wrong), "client_data_json");

    // Right in everything but the domain that the key is for.
    let started = start(&wire, &own).expect(200);
    let asked = options(&started, "localhost", &user);
    let right = Device::new().create(&own, &asked).unwrap();
    let asked = options(&started, "example.com", &user);
    let phished = Device::new().create("https://example.com", &asked).unwrap();
    let mut wrong = body(&started, &own, &phished);
    wrong["client_data_json"] = json!(standard(&right["response"]["clientDataJSON"]));
    refused(finish(&wire, &wrong), "authenticator_data");
    assert_eq!(names(&wire), [""; 0]);
}

// Issue 11, 2: a ceremony works once, for its user, and in its time by the service's clock.
#[test]
fn a_replayed_an_expired_and_a_foreign_ceremony_are_refused() {
    let wire = Wire::seeded(&json!({"organizations": [{"users": [
        {"email": "boss@example.com"},
        {"email": "jo@example.com", "id": MEMBER, "secret_key": MEMBER_KEY}]}]}));
    let right = prepared(&wire, &mut Device::new());
    finish(&wire, &right).expect(200);
    refused(finish(&wire, &right), "ceremony_id");

    let late = prepared(&wire, &mut Device::new());
    wire.sandbox.advance(60);
    refused(finish(&wire, &late), "ceremony_id");
    let mut in_time = prepared(&wire, &mut Device::new());
    wire.sandbox.advance(59);

    let path = format!("/iam/v1alpha1/users/{MEMBER}/finish-webauthn-registration");
    let foreign = wire.request_with("POST", &path, Some(MEMBER_KEY), Some(in_time.clone()));
    refused(foreign, "ceremony_id");
    in_time["authenticator_name"] = json!("In time");
    finish(&wire, &in_time).expect(200);

    // A wrong answer uses the ceremony up, too.
    let right = prepared(&wire, &mut Device::new());
    let mut wrong = prepared(&wire, &mut Device::new());
    wrong["ceremony_id"] = right["ceremony_id"].clone();
    refused(finish(&wire, &wrong), "client_data_json");
    refused(finish(&wire, &right), "ceremony_id");
    assert_eq!(names(&wire), ["Security key", "In time"]);
}

// Issue 11, 2: what the fields say has to be what was attested, and a name is a name.
#[test]
fn a_field_that_contradicts_the_attestation_is_refused_by_its_name() {
    let wire = Wire::new();
    let other = prepared(&wire, &mut Device::new());
    for argument in ["raw_id", "authenticator_data", "public_key"] {
        let mut wrong = prepared(&wire, &mut Device::new());
        wrong[argument] = other[argument].clone();
        refused(finish(&wire, &wrong), argument);
        wrong[argument] = json!("not base64!");
        refused(finish(&wire, &wrong), argument);
        wrong.as_object_mut().unwrap().remove(argument);
        refused(finish(&wire, &wrong), argument);
    }
    let changes = [
        ("public_key_algorithm", json!(-257)),
        ("attestation_object", json!(BASE64.encode(b"no CBOR"))),
        ("client_data_json", json!(BASE64.encode(b"no JSON"))),
        ("authenticator_name", json!("  ")),
        ("authenticator_name", json!("x".repeat(101))),
        ("ceremony_id", json!("5c9e0a3e-1d0f-4a55-9d6f-0f0e4a6d2b11")),
    ];
    for (argument, value) in changes {
        let mut wrong = prepared(&wire, &mut Device::new());
        wrong[argument] = value;
        refused(finish(&wire, &wrong), argument);
    }
    assert_eq!(names(&wire), [""; 0]);
}

// Issue 11, 2: a key that is registered already, by whomever.
#[test]
fn a_credential_is_registered_once() {
    let wire = Wire::new();
    let mut device = Device::new();
    let first = prepared(&wire, &mut device);
    finish(&wire, &first).expect(200);
    // Without an attestation, anybody can claim a credential's id and key again.
    let mut again = prepared(&wire, &mut Device::new());
    for field in [
        "raw_id",
        "authenticator_data",
        "attestation_object",
        "public_key",
    ] {
        again[field] = first[field].clone();
    }
    assert!(refused(finish(&wire, &again), "raw_id").contains("already"));
    assert_eq!(names(&wire).len(), 1);
}

// Issue 11, 2: nobody registers a key for somebody else, not even an administrator.
#[test]
fn a_key_is_registered_by_its_user_alone() {
    let wire = Wire::seeded(&json!({"organizations": [{"users": [
        {"email": "boss@example.com"},
        {"email": "jo@example.com", "id": MEMBER, "secret_key": MEMBER_KEY}]}]}));
    let origin = crate::wire::encode(&wire.origin());
    let of_member =
        format!("/iam/v1alpha1/users/{MEMBER}/start-webauthn-registration?origin={origin}");
    wire.request("POST", &of_member, None).expect(403);
    let of_boss = wire.user_path(&format!("/start-webauthn-registration?origin={origin}"));
    wire.request_with("POST", &of_boss, Some(MEMBER_KEY), None)
        .expect(403);
    wire.request_with("POST", &of_member, Some(MEMBER_KEY), None)
        .expect(200);
    let path = format!("/iam/v1alpha1/users/{MEMBER}/finish-webauthn-registration");
    wire.request("POST", &path, Some(json!({}))).expect(403);
}
