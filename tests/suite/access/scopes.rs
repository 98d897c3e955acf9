//! What the scopes of a token open, and what they do not.

use super::{TOKENS, bearer, new_client, secret};
use std::collections::BTreeSet;
use tests::each_backend;
use xueshi::auth::permissions_list;

/// Every operation that has a scope, as the table of permissions says: scope, method and an address of something that is not there.
fn scoped() -> Vec<(String, String, String)> {
    let printed = permissions_list();
    let lines = printed.lines().filter(|line| !line.starts_with('#')).map(|line| line.split(' ').collect::<Vec<_>>());
    let of_platforms = lines.filter(|parts| parts[3] == "platform" && parts[4] != "-");
    let nobodys = |part: &str| {
        if part.starts_with('{') { "0190d3f0-0000-7000-8000-00000000beef".into() } else { part.to_owned() }
    };
    let address = |path: &str| path.split('/').map(nobodys).collect::<Vec<_>>().join("/");
    let found: Vec<_> =
        of_platforms.map(|parts| (parts[4].to_owned(), parts[1].to_owned(), address(parts[2]))).collect();
    assert!(found.len() >= 16, "{found:?}");
    found
}

#[test]
fn each_scope_opens_its_operations_and_no_other() {
    each_backend(|app| {
        let id = new_client(app);
        let secret = secret(app, &id);
        let operations = scoped();
        let told: BTreeSet<&str> = operations.iter().map(|(scope, ..)| scope.as_str()).collect();
        assert_eq!(told, ["completions:read", "completions:write", "courses:read"].into());
        for scope in told {
            let fields = [
                ("grant_type", "client_credentials"),
                ("scope", scope),
                ("client_id", &id),
                ("client_secret", &secret),
            ];
            let platform = bearer(app, &app.as_nobody().post_form(TOKENS, &fields).expect(200));
            for (needed, method, path) in &operations {
                let answer = platform.send(method, path, Some("application/json"), b"{".to_vec());
                if scope == *needed {
                    assert!(![401, 403].contains(&answer.status), "{scope} {path}: {}", answer.text);
                    continue;
                }
                let challenge = answer.header("www-authenticate").to_owned();
                assert!(challenge.contains("insufficient_scope") && challenge.contains(needed), "{challenge}");
                assert_eq!(answer.problem(403, "insufficient_scope")["scope"], *needed);
                // Who may not is not told what else is wrong.
                let (path, body) = (format!("{path}?x=y"), b"{".to_vec());
                let answer = platform.send(method, &path, Some("application/json"), body);
                let _ = answer.problem(403, "insufficient_scope");
            }
        }
    });
}
