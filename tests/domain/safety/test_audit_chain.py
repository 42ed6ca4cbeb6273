import hashlib

from domain.safety.audit_chain import GENESIS, Break, ChainCheck, Harm, Head, Link, link


def a_chain(length: int) -> list[Link]:
    links, head = [], Head()
    for number in range(1, length + 1):
        row = f'{{"seq":{number}}}'.encode()
        following = head.followed_by(row)
        links.append(Link(seq=following.seq, prev_hash=head.hash, hash=following.hash, row=row))
        head = following
    return links


def walk(links: list[Link], end: Head) -> Break | None:
    check = ChainCheck()
    for found in links:
        if (broken := check.take(found)) is not None:
            return broken
    return check.finish(end)


def head_of(links: list[Link]) -> Head:
    return Head(links[-1].seq, links[-1].hash)


def test_the_first_row_hangs_on_64_zeros() -> None:
    assert GENESIS.hex() == "0" * 64
    assert link(GENESIS, b"{}") == hashlib.sha256(b"0" * 64 + b"{}").digest()


def test_a_whole_chain_holds() -> None:
    links = a_chain(5)
    assert walk(links, head_of(links)) is None
    assert walk([], Head()) is None


def test_whatever_is_done_to_it_is_told_with_its_number() -> None:
    links = a_chain(5)
    end = head_of(links)
    other = Link(seq=3, prev_hash=links[2].prev_hash, hash=links[2].hash, row=b'{"seq":33}')
    unreadable = Link(seq=3, prev_hash=links[2].prev_hash, hash=links[2].hash, row=None)
    assert walk([*links[:2], other, *links[3:]], end) == Break(3, Harm.CHANGED)
    assert walk([*links[:2], unreadable, *links[3:]], end) == Break(3, Harm.CHANGED)
    assert walk([*links[:2], *links[3:]], end) == Break(3, Harm.MISSING)
    assert walk(links[:3], end) == Break(4, Harm.CUT_OFF)
    assert walk([], end) == Break(1, Harm.CUT_OFF)
    assert walk(links[1:], end) == Break(1, Harm.MISSING)
    assert walk(links, Head(5, b"x" * 32)) == Break(5, Harm.CHANGED)


def test_a_row_sealed_anew_hides_nothing() -> None:
    """Its hash fits its text again; the next row still hangs on the old one."""
    links = a_chain(5)
    forged = Head(2, links[1].hash).followed_by(b'{"seq":3,"actor":"nobody"}')
    row = Link(seq=3, prev_hash=links[1].hash, hash=forged.hash, row=b'{"seq":3,"actor":"nobody"}')
    assert walk([*links[:2], row, *links[3:]], head_of(links)) == Break(4, Harm.CHANGED)
