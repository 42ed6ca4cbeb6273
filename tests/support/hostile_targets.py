"""Eighty ways to write an address that no message may go to. `{port}` is a private listener's."""

LITERALS = (
    # loopback, in every spelling
    "127.0.0.1", "127.1", "127.0.1", "127.255.255.254", "2130706433", "0x7f000001", "0x7f.1",
    "0x7f.0x0.0x0.0x1", "\uff11\uff12\uff17.0.0.1",
    "0177.0.0.1", "0177.1", "017700000001", "127.0.0.1.", "0x7F.0.0.1", "00000177.0.0.01",
    "127\u30020\u30020\u30021", "\u2460\u2461\u2466.0.0.1", "[::1]", "[0:0:0:0:0:0:0:1]", "[0000::0001]",
    # unspecified, private, carrier, link-local
    "0.0.0.0", "0", "0.1.2.3", "[::]", "10.0.0.1", "10.1", "0xa000001", "167772161", "012.0.0.1",
    "172.16.0.1",
    "172.31.255.255", "192.168.0.1", "192.168.1", "3232235521", "100.64.0.1", "100.127.255.255",
    "169.254.169.254", "0xa9fea9fe", "2852039166", "0251.0376.0251.0376",
    # multicast, broadcast, reserved, documentation, benchmarking, protocol assignments, relays
    "224.0.0.1", "239.255.255.250", "255.255.255.255", "4294967295", "240.0.0.1", "192.0.2.1", "198.51.100.7",
    "203.0.113.7", "198.18.0.1", "192.0.0.8", "192.88.99.1",
    # IPv4 inside IPv6: mapped, compatible, translated, NAT64, 6to4, Teredo
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:10.0.0.1]", "[::127.0.0.1]", "[::7f00:1]",
    "[::ffff:0:127.0.0.1]", "[64:ff9b::127.0.0.1]", "[64:ff9b::a9fe:a9fe]", "[64:ff9b:1::1]",
    "[2002:7f00:1::]", "[2002:a9fe:a9fe::1]", "[2001:0:4136:e378:8000:63bf:3fff:fdd2]",
    # IPv6's own
    "[fe80::1]", "[fec0::1]", "[fc00::1]", "[fd00:ec2::254]", "[ff02::1]", "[2001:db8::1]", "[100::1]",
    "[2001:2::1]", "[3fff::1]", "[5f00::1]",
)  # fmt: skip
BLOCKED = tuple(f"http://{host}:{{port}}/" for host in LITERALS)
INVALID = (
    "http://example.com@127.0.0.1:{port}/",
    "http://user:secret@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}#@example.com/",
    "http://example.com\\@127.0.0.1:{port}/",
    "http://127.0.0.1\t:{port}/",
    "http://127.0.0.1%00.example.com:{port}/",
    "http://[fe80::1%25eth0]:{port}/",
    "http://0x7f.0.0.0.1:{port}/",
)
