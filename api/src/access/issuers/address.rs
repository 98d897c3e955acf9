//! Addresses of keys: which may be registered, and which the service may connect to.
//!
//! Whoever registers an issuer chooses where the service connects to, so neither what is written nor what a name leads to may be a
//! machine that only the service can reach (server-side request forgery). Hosts within the operator's own net are named by a setting.

use crate::text::Text;
use std::net::{IpAddr, Ipv4Addr};
use ureq::http::Uri;

/// The longest address.
const LONGEST: usize = 500;

/// What is wrong with an address that is to be registered: a code, and words.
pub(super) fn fault(address: &str, private_hosts: &[String]) -> Option<(&'static str, Text)> {
    let Some(uri) = plain_https(address) else {
        let words = Text::new(
            "应为不超过 500 个字符的 https 地址，不得含用户信息、片段（#）或空白",
            "must be an address by https of up to 500 characters, without user, fragment (#) or blanks",
        );
        return Some(("not_an_https_address", words));
    };
    let host = bare(uri.host().unwrap_or_default());
    let private = host.parse().is_ok_and(|address| !is_public(address));
    (private && !is_among(private_hosts, host)).then(|| {
        let words = Text::new(
            "不是公网地址；内网主机须由运维人员列入 --jwks-allow-private-hosts",
            "it is not a public address; hosts of the own net must be named by the operator in --jwks-allow-private-hosts",
        );
        ("private_address", words)
    })
}

fn plain_https(address: &str) -> Option<Uri> {
    let plain = address.len() <= LONGEST && address.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#');
    let uri: Uri = address.parse().ok().filter(|_| plain)?;
    let authority = uri.authority()?;
    // What stands after the last colon is the port, of an address in brackets what stands after these.
    let port = authority.as_str().strip_prefix(authority.host())?;
    let port_is_right = port.is_empty() || authority.port_u16().is_some_and(|port| port > 0);
    (uri.scheme_str() == Some("https") && !bare(authority.host()).is_empty() && port_is_right).then_some(uri)
}

/// A host without the brackets of an address of version 6.
pub(super) fn bare(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

/// Whether a host is one of those.
pub(super) fn is_among(hosts: &[String], host: &str) -> bool {
    hosts.iter().any(|named| named.eq_ignore_ascii_case(host))
}

/// Whether an address is one of the public net, by IANA's registries of special addresses. Of version 6 only the global unicast
/// range is, without what stands for addresses of version 4 (6to4, Teredo): these could stand for any.
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => {
            let [first, second, ..] = address.segments();
            let special = (first == 0x2001 && (second < 0x200 || second == 0xdb8))
                || first == 0x2002
                || (first == 0x3fff && second < 0x1000);
            first & 0xe000 == 0x2000 && !special
        }
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = matches!(
        (a, b, c),
        // This net; shared by carriers; special purposes; relays of 6to4; measurements.
        (0, ..) | (100, 64..=127, _) | (192, 0, 0) | (192, 88, 99) | (198, 18..=19, _)
    );
    !special
        && !address.is_private()
        && !address.is_loopback()
        && !address.is_link_local()
        && !address.is_documentation()
        // Multicast, what is reserved, and everyone.
        && a < 224
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(address: &str) -> Option<&'static str> {
        fault(address, &["keys.intra".to_owned(), "10.1.2.3".to_owned(), "fd00::1".to_owned()]).map(|(code, _)| code)
    }

    #[test]
    fn only_plain_addresses_by_https_are_taken() {
        for right in [
            "https://portal.example.cn/jwks.json",
            "HTTPS://portal.example.cn:8443/a/b?c=d",
            "https://portal.example.cn",
            "https://portal.example.cn:443/",
            "https://93.184.215.14/keys",
            "https://[2606:4700::1111]:8443/keys",
            // What a name leads to is judged when it is asked.
            "https://localhost/keys",
        ] {
            assert_eq!(code(right), None, "{right}");
        }
        let long = format!("https://portal.example.cn/{}", "a".repeat(500));
        for wrong in [
            "http://portal.example.cn/jwks.json",
            "ftp://portal.example.cn/",
            "file:///etc/passwd",
            "/jwks.json",
            "portal.example.cn/jwks.json",
            "https:///jwks.json",
            "https://",
            "https://:443/",
            "https://user@portal.example.cn/",
            "https://user:secret@portal.example.cn/",
            "https://portal.example.cn/#keys",
            "https://portal.example.cn#",
            "https://portal.example.cn/a b",
            "https://portal.example.cn/\r\nHost: x",
            "https://门户.example.cn/",
            "https://portal.example.cn:0/",
            "https://portal.example.cn:/",
            "https://portal.example.cn:99999/",
            "https://portal.example.cn:x/",
            "",
            long.as_str(),
        ] {
            assert_eq!(code(wrong), Some("not_an_https_address"), "{wrong}");
        }
    }

    #[test]
    fn addresses_that_are_not_public_are_taken_only_where_a_setting_names_them() {
        for named in ["https://10.1.2.3/keys", "https://[fd00::1]:8443/keys", "https://KEYS.intra/keys"] {
            assert_eq!(code(named), None, "{named}");
        }
        for private in [
            "127.0.0.1",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "100.127.255.255",
            "0.0.0.0",
            "0.1.2.3",
            "192.0.0.8",
            "192.0.2.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "[::1]",
            "[::]",
            "[::ffff:10.0.0.1]",
            "[::ffff:93.184.215.14]",
            "[::10.0.0.1]",
            "[64:ff9b::a00:1]",
            "[fe80::1]",
            "[fec0::1]",
            "[fc00::1]",
            "[fd12::1]",
            "[ff02::1]",
            "[2001::1]",
            "[2001:db8::1]",
            "[2002:a00:1::]",
            "[3fff::1]",
            "[100::1]",
        ] {
            assert_eq!(code(&format!("https://{private}/keys")), Some("private_address"), "{private}");
        }
        for public in
            ["1.1.1.1", "100.63.255.255", "100.128.0.0", "172.15.0.1", "172.32.0.1", "223.255.255.255", "192.0.1.1"]
        {
            assert_eq!(code(&format!("https://{public}/keys")), None, "{public}");
        }
    }
}
