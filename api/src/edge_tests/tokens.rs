//! Which tokens hold, for how long, and which are never made.

use super::*;

#[actix_web::test]
async fn a_token_holds_from_its_beginning_to_its_end_with_half_a_minute_of_grace() {
    let state = state();
    for (at, status) in [
        (NOW - Duration::seconds(31), 401),
        (NOW - Duration::seconds(30), 200),
        (NOW + Duration::seconds(90), 200),
        (NOW + Duration::seconds(91), 401),
    ] {
        state.clock.set(NOW);
        let request = push(&state, r#"{"name":"a"}"#).insert_header(("authorization", token(&state, Duration::MINUTE)));
        state.clock.set(at);
        assert_eq!(answer(&state, request).await.0.as_u16(), status, "{at}");
    }
}

#[actix_web::test]
async fn forged_tokens_are_refused() {
    let state = state();
    let good = token(&state, Duration::hours(1));
    let parts: Vec<&str> = good.trim_start_matches("Bearer ").split('.').collect();
    let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[0]).unwrap()).unwrap();
    let with_header = |change: &dyn Fn(&mut Value)| {
        let mut header = header.clone();
        change(&mut header);
        URL_SAFE_NO_PAD.encode(header.to_string())
    };
    let none = with_header(&|h| h["alg"] = "none".into());
    let hmac = with_header(&|h| h["alg"] = "HS256".into());
    let other_key = with_header(&|h| h["kid"] = "0000".into());
    let no_key = with_header(&|h| drop(h.as_object_mut().unwrap().remove("kid")));
    let claims = String::from_utf8(URL_SAFE_NO_PAD.decode(parts[1]).unwrap()).unwrap();
    let raised = URL_SAFE_NO_PAD.encode(claims.replace("platform", "security_administrator"));
    let stranger = Tokens::ephemeral("xueshi", "xueshi-api").unwrap();
    let subject = Subject::of(CallerKind::Platform, PLATFORM, None);
    for forged in [
        format!("Bearer {none}.{}.", parts[1]),
        format!("Bearer {hmac}.{}.{}", parts[1], parts[2]),
        format!("Bearer {other_key}.{}.{}", parts[1], parts[2]),
        format!("Bearer {no_key}.{}.{}", parts[1], parts[2]),
        format!("Bearer {}.{raised}.{}", parts[0], parts[2]),
        format!("Bearer {}.{}.", parts[0], parts[1]),
        format!("Bearer {}", stranger.mint(&subject, NOW, Duration::hours(1)).unwrap()),
        format!("Bearer {}", "a".repeat(5000)),
        "Bearer ".to_owned(),
        "Bearer a.b.c".to_owned(),
        good.replace("Bearer", "Basic"),
    ] {
        let request = push(&state, r#"{"name":"a"}"#).insert_header(("authorization", forged.as_str()));
        let (status, headers, _) = answer(&state, request).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{forged}");
        assert!(headers.contains_key("www-authenticate"));
    }
    let twice = push(&state, r#"{"name":"a"}"#).append_header(("authorization", good));
    assert_eq!(answer(&state, twice).await.0, StatusCode::UNAUTHORIZED);
}

#[test]
fn tokens_of_another_issuer_or_for_another_service_are_refused() {
    let folder = std::env::temp_dir().join(format!("xueshi-key-{}", uuid::Uuid::now_v7()));
    Tokens::create_key_if_missing(&folder, crate::keys::Maker::Operator).unwrap();
    let subject = Subject::of(CallerKind::Platform, PLATFORM, None);
    let ours = Tokens::load(&folder, "xueshi", "xueshi-api").unwrap();
    for (issuer, audience, holds) in
        [("xueshi", "xueshi-api", true), ("x", "xueshi-api", false), ("xueshi", "x", false)]
    {
        let theirs = Tokens::load(&folder, issuer, audience).unwrap();
        let token = theirs.mint(&subject, NOW, Duration::hours(1)).unwrap();
        assert_eq!(ours.verify(&token, NOW).is_ok(), holds, "{issuer} {audience}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_token_for_half_a_subject_is_not_minted() {
    let tokens = Tokens::ephemeral("xueshi", "xueshi-api").unwrap();
    let place = || "610000".parse().ok();
    for (kind, name, place) in [
        (CallerKind::Learner, "chen", None),
        (CallerKind::Platform, PLATFORM, place()),
        (CallerKind::Officer, "chen", None),
        (CallerKind::Officer, "", place()),
        (CallerKind::SystemAdministrator, "a\nb", None),
        (CallerKind::SystemAdministrator, "chen", place()),
        (CallerKind::EmployerAdministrator, "chen", None),
        (CallerKind::BaseOperator, "chen", place()),
        (CallerKind::SectorAuthority, "chen", place()),
    ] {
        let subject = Subject::of(kind, name, place);
        assert!(tokens.mint(&subject, NOW, Duration::hours(1)).is_err(), "{subject:?}");
    }
}
