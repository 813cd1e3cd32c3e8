//! Organizations whose users sign in without a password (protocol.md A).

use crate::wire::Wire;
use serde_json::json;

// Issue 8, 4: the sandbox has accounts without passwords.
#[test]
fn an_organization_tells_how_its_users_sign_in_and_refuses_passwords_where_it_has_none() {
    let names = ["magic_code", "oauth2", "saml"].map(|way| format!("login_{way}_enabled"));
    for chosen in &names {
        let mut organization = json!({"login_password_enabled": false,
            "users": [{"email": "ada@example.com"}]});
        organization[chosen] = json!(true);
        let wire = Wire::seeded(&json!({"organizations": [organization]}));
        let info = wire.sandbox.info();
        let path = format!("/iam/v1alpha1/organizations/{}", info.organization_id);
        let told = wire.get(&path).expect(200);
        assert_eq!(told["login_password_enabled"], false);
        for name in &names {
            assert_eq!(told[name], name == chosen, "{name}");
        }
        assert_eq!(
            wire.log_in_first("").expect(403)["type"],
            "permissions_denied"
        );
        let body = json!({"email": info.email, "password": info.password});
        let refused = wire.request_with("POST", "/tokens", None, Some(body));
        assert_eq!(refused.expect(403)["type"], "authorization_required");
    }
}

// Issue 8, 4: ways beside the password leave it.
#[test]
fn a_password_works_beside_another_way_to_sign_in_and_the_old_name_still_counts() {
    let user = json!({"email": "ada@example.com"});
    let beside = json!({"login_saml_enabled": true, "users": [user]});
    let wire = Wire::seeded(&json!({"organizations": [beside]}));
    wire.log_in_first("").expect(200);
    let old = json!({"password_login": false, "users": [user]});
    let wire = Wire::seeded(&json!({"organizations": [old]}));
    wire.log_in_first("").expect(403);
}
