"""Which items of an order list were cancelled, sold out or returned.

The state of an order stands above its items or below each of them. What became of a single item, or of some of its
pieces, stands beside its name or price, or directly below it.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from ocr_service.parsing.order_blocks import Block
from ocr_service.parsing.order_lines import (
    CANCELLED_STATE,
    DELIVERY,
    LINE_REACH,
    REPLACEMENT,
    WINDOW,
    Kind,
    Segment,
    amounts_in,
    compact_text,
    count_in,
    is_cancelled,
    pieces_cancelled,
    pieces_left,
)

CLEARLY = 1.25
"""How many times as far the next item is from a state that is about the item above it."""
EQUALLY = 1.1
"""Ratio of two distances up to which they may be the same."""
_BARE = re.compile(r"(?:주문|결제)?(?:취소|반품|환불)")
"""The state of an order or the text of a button."""
_DEDUCTION = re.compile(r"[-–−][￦₩]?\d")


def which_cancelled(blocks: Sequence[Block], segments: Sequence[Segment], unit: float) -> Iterator[list[bool]]:
    """Whether each item was cancelled or returned, in the ways that the states may be meant, the likeliest first.

    unit: the median height of text in pixels.
    """
    states = [s for s in segments if s.kind is Kind.STATE and _is_state_of_items(s, blocks, segments)]
    near = {id(s): _item_of(s, blocks, segments, unit) for s in states if CANCELLED_STATE.search(s.core)}
    owners = {key: index for key, index in near.items() if index is not None}
    of_orders = [s for s in states if id(s) not in owners and not _is_of_unpriced(s, blocks, segments, unit)]
    replaced = _replaced(blocks, segments)
    marked = {index for index, block in enumerate(blocks) if _is_marked(block)}
    above = [
        state is not None and CANCELLED_STATE.search(state.core) is not None
        for state in _states_of_orders(blocks, of_orders)
    ]
    bare = {index for key, index in owners.items() if key in {id(s) for s in states if _BARE.fullmatch(s.core)}}
    certain = marked | {index for index in owners.values() if index not in bare}

    def cancelled(own: set[int]) -> list[bool]:
        return [index in own or by_order for index, by_order in enumerate(above)]

    likely = certain | (bare - _with_buttons(blocks, bare, of_orders))
    yield cancelled(likely | replaced)
    if replaced:
        yield cancelled(likely)
    # A state above several items may be about the first of them only. The total cannot tell if that one is free.
    first = {index for index, (before, here) in enumerate(pairwise([False, *above])) if here and not before}
    if any(all(all(amounts_in(line.text)) for line in blocks[index].prices) for index in first):
        yield [index in likely | replaced | first for index, _ in enumerate(blocks)]
    yield cancelled(certain | replaced)
    yield cancelled(certain | replaced | bare)


def _with_buttons(blocks: Sequence[Block], bare: set[int], states: Sequence[Segment]) -> set[int]:
    """The items beside which a word is a button to cancel: each item of an order has one. bare: those with a word."""
    if len(bare) == len(blocks) and (len(blocks) > 1 or states):
        return bare
    if not _are_headings(states, blocks):
        return set()
    orders = [None if state is None else state.row for state in _states_of_orders(blocks, states)]
    without = {order for index, order in enumerate(orders) if index not in bare}
    return {index for index in bare if orders[index] is not None and orders[index] not in without}


def _states_of_orders(blocks: Sequence[Block], states: Sequence[Segment]) -> list[Segment | None]:
    """The state of each item's order, None if it has none."""
    if _are_headings(states, blocks):
        return [next((s for s in reversed(states) if s.y < block.bottom), None) for block in blocks]
    ends = [*(block.top for block in blocks[1:]), float("inf")]
    return [next((s for s in states if block.top <= s.y < end), None) for block, end in zip(blocks, ends, strict=True)]


def _replaced(blocks: Sequence[Block], segments: Sequence[Segment]) -> set[int]:
    """The items above each heading of one that was delivered instead."""
    headings = [s.y for s in segments if s.kind is Kind.CHROME and REPLACEMENT.fullmatch(s.core)]
    return {
        index
        for index, (block, following) in enumerate(pairwise(blocks))
        if any(block.bottom < y < following.top for y in headings)
    }


def remaining_pieces(block: Block) -> tuple[int, int, int | None] | None:
    """How many pieces of an item are left, of how many (0 if that is not printed), when others were cancelled.

    And their price in won, if it is printed. None if nothing says that some were cancelled and others were not.
    """
    lines = [*block.prices, *block.counts]
    told = [left for line in lines if (left := pieces_left(line.text))]
    if told:
        return max(told, key=lambda left: left[2] or 0)
    cancelled = [pieces for line in lines if (pieces := pieces_cancelled(line.text))]
    ordered = [int(count_in(line.text)[0] or 0) for line in lines if pieces_cancelled(line.text) is None]
    most = max(ordered, default=0)
    return (most - cancelled[0], most, None) if cancelled and cancelled[0] < most else None


def _is_marked(block: Block) -> bool:
    lines = [*block.prices, *block.counts]
    marked = any(is_cancelled(line.text) or pieces_cancelled(line.text) for line in lines)
    return marked and remaining_pieces(block) is None


def _is_state_of_items(state: Segment, blocks: Sequence[Block], segments: Sequence[Segment]) -> bool:
    """Whether a text is a state rather than the label of a sum, or a button, which stands in a row with others."""
    beside = [s for s in segments if s.row == state.row and s is not state]
    of_items = {id(line) for block in blocks for line in block.prices}
    sums = [s for s in beside if s.kind is Kind.TOTAL or (s.kind is Kind.PRICE and id(s) not in of_items)]
    if any(s.x0 > state.x0 for s in sums) or any(_DEDUCTION.search(compact_text(s.text)) for s in (state, *beside)):
        return False
    if WINDOW.search(state.text) and not (DELIVERY.search(state.text) or CANCELLED_STATE.search(state.core)):
        return False
    return _BARE.fullmatch(state.core) is None or not any(s.kind is Kind.CHROME for s in beside)


def _item_of(state: Segment, blocks: Sequence[Block], segments: Sequence[Segment], unit: float) -> int | None:
    """The index of the item that a state stands beside or directly below; None if it is about an order."""
    for index, block in enumerate(blocks):
        if block.top <= state.y <= block.bottom or state.row in block.rows:
            return index
    above = [index for index, block in enumerate(blocks) if block.bottom < state.y]
    if not above:
        return None
    last = above[-1]
    distance = state.y - blocks[last].bottom
    between = any(max(blocks[last].rows) < s.row < state.row for s in segments)
    below = blocks[last + 1].top - state.y if last + 1 < len(blocks) else float("inf")
    return last if not between and distance <= LINE_REACH * unit and CLEARLY * distance <= below else None


def _is_of_unpriced(state: Segment, blocks: Sequence[Block], segments: Sequence[Segment], unit: float) -> bool:
    """Whether a state stands directly below a name without a price, which is then of no item."""
    if CANCELLED_STATE.search(state.core) is None:
        return False
    named = {id(line) for block in blocks for line in block.names}
    starts = [block.names[0].x0 for block in blocks]
    names = [
        s
        for s in segments
        if s.kind is Kind.TEXT
        and id(s) not in named
        and 0 < state.y - s.y <= LINE_REACH * unit
        and any(abs(s.x0 - x0) <= unit for x0 in starts)
    ]
    below = min((block.top - state.y for block in blocks if block.top > state.y), default=float("inf"))
    counted = any(s.kind is Kind.COUNT and s.row == state.row for s in segments)
    return bool(names and counted) or any(CLEARLY * (state.y - name.y) <= below for name in names)


def _are_headings(states: Sequence[Segment], blocks: Sequence[Block]) -> bool:
    """Whether states stand above the items that they are about rather than below: where most are closer to an item.

    If that does not tell, they do if there is one above the first item.
    """
    votes = [_vote(state, blocks) for state in states]
    return sum(votes) > 0 or (sum(votes) == 0 and any(state.y < blocks[0].bottom for state in states))


def _vote(state: Segment, blocks: Sequence[Block]) -> int:
    """1 if the next item below is closer than the one above, -1 if that one is, 0 if both are as far."""
    above = min((state.y - block.bottom for block in blocks if block.bottom <= state.y), default=float("inf"))
    below = min((block.top - state.y for block in blocks if block.top >= state.y), default=float("inf"))
    if max(above, below) <= EQUALLY * min(above, below):
        return 0
    return 1 if below < above else -1
