"""Splits an amount to units by largest remainder, without an object per unit."""

from typing import NamedTuple


class Piece(NamedTuple):
    """`count` neighbouring units of one line, from unit `start`, that are alike.

    `weight`: what the split is in proportion to. `room`: how much one such unit can take.
    """

    line: int
    start: int
    count: int  # type: ignore[assignment]  # a field, not the method of tuples
    weight: int
    room: int


class Share(NamedTuple):
    """`amount` minor units off each of `count` units of a line, from unit `start`."""

    line: int
    start: int
    count: int  # type: ignore[assignment]  # a field, not the method of tuples
    amount: int


def allocate(total: int, pieces: list[Piece]) -> list[Share]:
    """Split `total` in proportion to the weights; remainders go to the largest fractions, ties to
    the lower line, then the lower unit. No unit takes more than its room: what is above passes to
    the others, and what nobody has room for is not given.
    """
    shares: list[Share] = []
    open_pieces = [piece for piece in pieces if piece.weight > 0 and piece.room > 0]
    room = sum(piece.count * piece.room for piece in open_pieces)
    total = min(total, room)
    while total > 0 and open_pieces:
        if total == room:
            # Every unit is filled to the brim; proportions no longer matter.
            shares += [Share(p.line, p.start, p.count, p.room) for p in open_pieces]
            break
        whole = sum(piece.count * piece.weight for piece in open_pieces)
        # A unit whose exact share is at or above its room is filled first and leaves the split.
        full = [p for p in open_pieces if total * p.weight >= p.room * whole]
        if not full:
            shares += _largest_remainder(total, whole, open_pieces)
            break
        shares += [Share(p.line, p.start, p.count, p.room) for p in full]
        filled = sum(p.count * p.room for p in full)
        total -= filled
        room -= filled
        done = set(full)
        open_pieces = [p for p in open_pieces if p not in done]
    return sorted(shares)


def _largest_remainder(total: int, whole: int, pieces: list[Piece]) -> list[Share]:
    left = total
    split = []
    for piece in pieces:
        quotient, remainder = divmod(total * piece.weight, whole)
        left -= quotient * piece.count
        split.append((-remainder, piece, quotient))
    split.sort()
    shares = []
    for _, piece, quotient in split:
        extra = min(left, piece.count)
        left -= extra
        if extra:
            shares.append(Share(piece.line, piece.start, extra, quotient + 1))
        if quotient and extra < piece.count:
            shares.append(Share(piece.line, piece.start + extra, piece.count - extra, quotient))
    return shares


def total_of(shares: list[Share]) -> int:
    return sum(share.count * share.amount for share in shares)
