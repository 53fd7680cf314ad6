from tessen._ship_queue import ShipQueue, Waiting


def of(size: int) -> Waiting:
    return Waiting("agent", b"x" * size)


def test_too_many_events() -> None:
    queue = ShipQueue(3)
    for size in range(5):
        queue.put(of(size))
    assert queue.dropped == 2
    assert [len(event.line) for event in queue.take(99, 10**9)] == [2, 3, 4]
    assert len(queue) == 0


def test_too_many_bytes() -> None:
    queue = ShipQueue(99, max_bytes=100)
    for _ in range(5):
        queue.put(of(40))
    assert (len(queue), queue.dropped) == (2, 3)
    queue.put(of(101))
    assert (len(queue), queue.dropped) == (0, 6), "one that is too large by itself is dropped as well"
    queue.put(of(100))
    assert len(queue) == 1


def test_a_batch_ends_where_it_is_large_enough() -> None:
    queue = ShipQueue(99)
    for size in (50, 50, 1, 200):
        queue.put(of(size))
    assert [len(event.line) for event in queue.take(99, 60)] == [50, 50]
    assert [len(event.line) for event in queue.take(1, 60)] == [1]
    assert [len(event.line) for event in queue.take(99, 60)] == [200]
    assert queue.take(99, 60) == []
