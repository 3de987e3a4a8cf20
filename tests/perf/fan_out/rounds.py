"""The order in which what is compared takes its turns."""


def in_turn(arms, rounds):
    """Every arm once in every round, in every other round in reverse, so that whatever else the
    machine does hits all alike. Yields the number of the round, from 1, and the arm."""
    for number in range(rounds):
        for arm in reversed(arms) if number % 2 else arms:
            yield number + 1, arm
