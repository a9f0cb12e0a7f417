"""The functions that Kubernetes adds to CEL, by the examples of its documentation."""

from __future__ import annotations

import pytest

from kctl.api.cel.expression import PER_CALL, compile
from kctl.api.cel.values import Budget, CelError

TRUE = [
    "quantity('50k') == quantity('50000')",
    "isQuantity('1.3Gi') && !isQuantity('1.3GiX')",
    "quantity('50M').isLessThan(quantity('100M'))",
    "quantity('500000G').compareTo(quantity('50M')) == 1",
    "quantity('50k').add(20000) == quantity('70k')",
    "quantity('50k').sub(quantity('20k')).asInteger() == 30000",
    "!quantity('0.1').isInteger() && quantity('9').isInteger()",
    "quantity('-1').sign() == -1",
    "quantity('0.5').asApproximateFloat() == 0.5",
    "url('https://user:pass@example.com:80/path?q=1').getHost() == 'example.com:80'",
    "url('https://example.com:80/').getHostname() == 'example.com'",
    "url('https://[::1]:8080/x').getPort() == '8080'",
    "url('https://example.com/with%20space/').getEscapedPath() == '/with%20space/'",
    "url('https://e.com/p?a=1&b=2').getQuery()['a'] == ['1']",
    "isURL('https://example.com') && !isURL('https://a:b:c/') && !isURL('../x')",
    "ip('127.0.0.1').isLoopback() && ip('fe80::1').isLinkLocalUnicast()",
    "ip('10.0.0.1').isGlobalUnicast() && !ip('255.255.255.255').isGlobalUnicast()",
    "ip('224.0.0.1').isLinkLocalMulticast() && ip('0.0.0.0').isUnspecified()",
    "ip('::1').family() == 6 && ip.isCanonical('2001:db8::abcd')",
    "!ip.isCanonical('2001:DB8::ABCD') && !isIP('1.2.3') && !isIP('::ffff:1.2.3.4')",
    "cidr('192.168.0.0/24').containsIP('192.168.0.1')",
    "cidr('192.168.0.0/24').containsIP(ip('192.168.0.1'))",
    "cidr('192.168.0.0/24').containsCIDR('192.168.0.0/25')",
    "cidr('192.168.0.1/24').masked() == cidr('192.168.0.0/24')",
    "cidr('192.168.0.0/24').prefixLength() == 24 && cidr('10.0.0.1/8').ip() == ip('10.0.0.1')",
    "isCIDR('10.0.0.0/8') && !isCIDR('10.0.0.0') && !isCIDR('10.0.0.0/99')",
    "'abc 123 def 456'.find('[0-9]+') == '123'",
    "'123 abc 456'.findAll('[0-9]+') == ['123', '456']",
    "'123 abc 456'.findAll('[0-9]+', 1) == ['123']",
    "'abc'.find('z') == ''",
    "[1, 2, 3].isSorted() && !['b', 'a'].isSorted()",
    "[1, 3].sum() == 4 && [1.5, 2.5].sum() == 4.0",
    "[duration('1m'), duration('1s')].sum() == duration('61s')",
    "[1, 3].max() == 3 && ['b', 'a'].min() == 'a'",
    "[1, 2, 2, 3].indexOf(2) == 1 && [1, 2, 2, 3].lastIndexOf(2) == 2",
    "semver('1.2.3').major() == 1 && semver('v1.2', true).patch() == 0",
    "semver('1.2.3-alpha.1').isLessThan(semver('1.2.3'))",
    "semver('1.0.0-alpha.9').compareTo(semver('1.0.0-alpha.10')) == -1",
    "isSemver('1.0.0') && !isSemver('v1.0.0') && isSemver('v1.0.0', true)",
    "!format.dns1123Label().validate('my-name').hasValue()",
    "format.dns1123Label().validate('A_b').hasValue()",
    "format.named('uuid').value().validate('no').hasValue()",
    "!format.named('nope').hasValue()",
]


@pytest.mark.parametrize("text", TRUE)
def test_an_example_holds(text: str) -> None:
    assert compile(text, ()).evaluate({}, Budget(PER_CALL)) is True


@pytest.mark.parametrize(
    "text",
    [
        "quantity('x')",
        "ip('1.2.3')",
        "cidr('1.2.3.4')",
        "semver('1')",
        "[].min()",
        "quantity('0.5').asInteger()",
    ],
)
def test_what_is_none_is_an_error(text: str) -> None:
    source = text.replace("[].min()", "self.min()")
    with pytest.raises(CelError):
        compile(source, (("self", "dyn"),)).evaluate({"self": []}, Budget(PER_CALL))
