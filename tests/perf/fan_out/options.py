"""The options that all scripts here have."""

import argparse
import pathlib


def common_options(doc, scenarios, rounds, epilog=None):
    """A parser that a script adds its own options to."""
    parser = argparse.ArgumentParser(description=doc, epilog=epilog,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", help="folder of the programs; default: build them")
    parser.add_argument("-r", "--rounds", type=int, default=rounds, help="default: %(default)s")
    parser.add_argument("-s", "--scenarios", default=",".join(scenarios), metavar="NAME,...",
                        help="default: all")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write every run's result")
    parser.add_argument("--no-pin", action="store_true", help="let the system place the processes")
    return parser


def parse_options(parser, scenarios):
    args = parser.parse_args()
    args.scenarios = args.scenarios.split(",")
    if unknown := [name for name in args.scenarios if name not in scenarios]:
        parser.error(f"no scenario {unknown[0]}; there are {', '.join(scenarios)}")
    return args
