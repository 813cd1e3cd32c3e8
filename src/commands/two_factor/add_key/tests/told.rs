//! What the command says and prints, and which names it takes.

use super::*;

// Issue 11, 3
#[tokio::test]
async fn what_a_passkey_does_is_told_as_the_account_tells_it() {
    for (counts, told) in [(true, "is on"), (false, "is off")] {
        let world = World::new();
        world.sandbox.passkey_readings(counts, counts).unwrap();
        let before = world.account.user_factors(&world.id).await.unwrap();
        world.add(VirtualKey::new(), None, &[]).await.unwrap();
        let now = world.account.user_factors(&world.id).await.unwrap();
        let added = &now.factors.known_passkeys()[0].id;
        let lines = what_it_does(&before, &now, added);
        assert!(lines[0].contains(told), "{lines:?}");
        assert!(lines[1].contains("no backup codes"), "{lines:?}");
        // The second one changes nothing else.
        world.add(VirtualKey::new(), None, &[]).await.unwrap();
        let later = world.account.user_factors(&world.id).await.unwrap();
        let second = later
            .factors
            .known_passkeys()
            .iter()
            .find(|other| other.id != *added);
        let lines = what_it_does(&now, &later, &second.unwrap().id);
        assert_eq!(
            lines,
            ["The other second factors and the backup codes did not change"]
        );
        // Where somebody else adds one meanwhile, nothing is claimed.
        let lines = what_it_does(&now, &later, added);
        assert_eq!(lines, Vec::<&str>::new());
    }
}

// Issue 11, 3
#[test]
fn a_name_is_not_empty_and_not_too_long() {
    assert_eq!(checked(" spare key ").unwrap(), "spare key");
    for bad in ["", "  ", &"x".repeat(LONGEST_NAME + 1)] {
        assert_eq!(checked(bad).unwrap_err().kind(), Kind::Usage);
    }
    assert!(checked(&"ä".repeat(LONGEST_NAME)).is_ok());
}

// Issue 11, 3
#[test]
fn the_json_document_is_that_of_its_schema() {
    let schema = include_str!("../../../../../docs/schemas/2fa-keys-add.json");
    let schema = jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap();
    let passkey = Passkey {
        id: PasskeyId::parse("5c9e0a3e-1d0f-4a55-9d6f-0f0e4a6d2b11").unwrap(),
        name: "Key\u{1b}".to_owned(),
        created_at: None,
        last_used_at: None,
    };
    let user = UserId::parse("5c9e0a3e-1d0f-4a55-9d6f-0f0e4a6d2b11").unwrap();
    let printed = document(&user, &passkey);
    assert!(schema.is_valid(&printed), "{printed}");
    assert_eq!(printed["passkey"]["name"], "Key\u{fffd}");
    // `scw help json` lists the fields in this order.
    let listed = crate::cli::fields_of("2fa keys add");
    let fields: Vec<&String> = printed.as_object().unwrap().keys().collect();
    assert_eq!(fields.len(), listed.len());
    assert!(
        fields.iter().all(|field| listed.contains(&field.as_str())),
        "{fields:?}"
    );
}
