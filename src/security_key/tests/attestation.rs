//! What becomes of a key's answer.

use ciborium::Value;
use data_encoding::HEXLOWER;

use crate::security_key::{
    KeyError, NewCredential, attestation,
    cbor::{decode, encode, numbered, worded},
};

/// A passkey for `localhost`, of an algorithm that the service takes.
fn wanted() -> NewCredential {
    NewCredential {
        rp_id: "localhost".to_owned(),
        user_id: vec![7; 16],
        user_name: "jane@example.com".to_owned(),
        exclude: Vec::new(),
        algorithms: vec![-8],
        client_data: b"{}".to_vec(),
    }
}

/// Authenticator data with one passkey in it.
fn data(aaguid: [u8; 16], id: &[u8], public: &Value) -> Vec<u8> {
    let mut data = attestation::sha256(b"localhost").to_vec();
    data.push(0x41);
    data.extend([0; 4]);
    data.extend(aaguid);
    data.extend(u16::try_from(id.len()).unwrap().to_be_bytes());
    data.extend(id);
    data.extend(encode(public));
    data
}

fn ed25519() -> Value {
    numbered([
        (1, 1.into()),
        (3, (-8).into()),
        (-1, 6.into()),
        (-2, Value::Bytes(vec![5; 32])),
    ])
}

// Issue 11, 3
#[test]
fn who_made_a_key_is_left_out_of_the_attestation() {
    let wanted = wanted();
    let packed = |aaguid, statement: Value| {
        let told = numbered([
            (1, "packed".into()),
            (2, Value::Bytes(data(aaguid, &[1; 16], &ed25519()))),
            (3, statement),
        ]);
        let made = attestation::answer(&told, &wanted).unwrap();
        let object = decode(&made.attestation_object).unwrap();
        let entry = |name: &str| {
            let entries = object.as_map().unwrap().iter();
            let mut found = entries.filter(|(key, _)| key.as_text() == Some(name));
            found.next().unwrap().1.clone()
        };
        (entry("fmt"), entry("attStmt"), made)
    };
    let signed = worded([("alg", (-8).into()), ("sig", Value::Bytes(vec![1]))]);
    let certified = worded([
        ("sig", Value::Bytes(vec![1])),
        ("x5c", Value::Array(vec![])),
    ]);
    for (aaguid, statement) in [([1; 16], signed.clone()), ([0; 16], certified)] {
        let (format, statement, _) = packed(aaguid, statement);
        assert_eq!((format, statement), ("none".into(), Value::Map(vec![])));
    }
    // It signed it itself, and says nothing of its maker.
    let (format, statement, made) = packed([0; 16], signed.clone());
    assert_eq!((format, statement), ("packed".into(), signed));
    // RFC 8410 §10.1 has the same twelve bytes before its key.
    let spki = "302a300506032b6570032100";
    assert!(HEXLOWER.encode(&made.public_key).starts_with(spki));
    assert_eq!(made.public_key[12..], [5; 32]);
}

// Issue 11, 3
#[test]
fn an_answer_with_no_passkey_for_this_site_is_refused() {
    let wanted = wanted();
    let good = data([0; 16], &[1; 16], &ed25519());
    let judge = |data: Vec<u8>| {
        let told = numbered([(1, "none".into()), (2, Value::Bytes(data))]);
        attestation::answer(&told, &wanted)
    };
    assert!(judge(good.clone()).is_ok());
    let mut elsewhere = good.clone();
    elsewhere[0] ^= 1;
    let mut without = good.clone();
    without[32] = 0x01;
    let mut long_id = good.clone();
    long_id[53] = 0xff;
    for bad in [
        elsewhere,
        without,
        long_id,
        good[..40].to_vec(),
        good[..80].to_vec(),
        vec![],
    ] {
        let err = judge(bad);
        assert!(matches!(err, Err(KeyError::Unexpected(_))), "{err:?}");
    }
    // Another kind of key than was asked for.
    let unasked = attestation::answer(
        &numbered([(2, Value::Bytes(good))]),
        &NewCredential {
            algorithms: vec![-7],
            ..wanted.clone()
        },
    );
    assert_eq!(unasked, Err(KeyError::NoAlgorithm));
}
