"""lesson and grade: a lesson on paper and in other systems, and what a class handed in."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import click

from sim import limits
from sim.cli.interrupts import noting
from sim.cli.output import BAD_INPUT, HELD, StandardOutput, WholeNumber, one_format, report, say
from sim.errors import InputError, Problem
from sim.inputfile import exists, is_folder

if TYPE_CHECKING:
    from sim.classroom.asked import AskedLesson
    from sim.classroom.grading import Grade

_SUFFIXES = {"text": "txt", "html": "html", "moodle": "xml", "gift": "gift"}
_SEPARATORS = tuple(filter(None, (os.sep, os.altsep)))


@click.command()
@click.argument("file", metavar="FILE", type=click.Path())
@click.option("--seed", type=WholeNumber(0, 2**63 - 1), help="Varies the questions; the key fits the same seed.")
@click.option("--student", default="", metavar="ID", help="Instead of a seed: the student's id in the class.")
@click.option("--answers", is_flag=True, help="With the key, as the run computed it.")
@click.option("--language", type=click.Choice(("en", "ja")), default="en", show_default=True)
@click.option("--receipt", is_flag=True, help="A receipt to fill in and hand in, as JSON.")
@click.option("--out", type=click.Path(), help="Write into this file, or into a folder under a name of its own.")
@one_format("text", "html", "moodle", "gift")
def lesson(
    file: str, seed: int | None, student: str, answers: bool, language: str, receipt: bool, out: str | None, form: str
) -> int:
    """A lesson as a text, as a sheet of one page to print, or as questions for Moodle.

    FILE: a scenario's file, or the id of one that ships.
    """
    interrupts = noting()
    from sim.classroom.asked import ask
    from sim.classroom.grading import empty
    from sim.classroom.seeds import seed_of
    from sim.loading import load

    if student and seed is not None:
        raise click.UsageError("--student and --seed exclude each other: a student's id gives the seed")
    if receipt and not student:
        raise click.UsageError("--receipt needs --student ID")
    asked = ask(load(file), "ja" if language == "ja" else "en", seed_of(student) if student else seed, interrupts.tick)
    if receipt:
        text, kind = json.dumps(empty(asked, student).plain(), indent=2, ensure_ascii=False), "receipt"
    else:
        text, kind = _written(asked, form, student, answers=answers), "answers" if answers else "lesson"
    whose = quote(student, safe="") or ("" if seed is None else f"seed{seed}")
    stem = "-".join(filter(None, (asked.scenario.id, kind, whose)))
    named = f"{stem}.{language}.{'json' if receipt else _SUFFIXES[form]}"
    _give(text, _file(out, named) if out else None)
    return HELD


def _file(out: str, named: str) -> Path:
    """The file that is meant: `out` itself, or one in it where it is a folder, or is written as one.

    A folder is written with a separator at its end, or without a suffix as that of `sim run --out`. What is there as a
    file is one.
    """
    path = Path(out)
    folder = is_folder(path) or out.endswith(_SEPARATORS) or (not path.suffix and not exists(path))
    return path / named if folder else path


def _written(asked: AskedLesson, form: str, student: str, *, answers: bool) -> str:
    from sim.classroom import questions, sheet

    if form == "moodle":
        return questions.as_moodle(asked)
    if form == "gift":
        return questions.as_gift(asked)
    return (sheet.as_page if form == "html" else sheet.as_text)(asked, answers=answers, student=student)


def _give(text: str, out: Path | None) -> None:
    from sim.outputfile import make_folder, write_text

    if out:
        make_folder(out.parent)
        write_text(out, text if text.endswith("\n") else f"{text}\n")
        say(f"wrote {out}")
    else:
        StandardOutput()(text.removesuffix("\n"))


@click.command()
@click.argument("folder", metavar="FOLDER", type=click.Path())
@click.option(
    "--lessons", "own", type=click.Path(), help="A folder with lessons of your own, each in a file of its id."
)
@click.option("--out", type=click.Path(dir_okay=False), help="Write into this file.")
def grade(folder: str, own: str | None, out: str | None) -> int:
    """Grade the receipts of a folder, into a CSV with a row for each.

    A receipt that cannot be graded is named, the others are graded, and the exit code is 2.
    """
    interrupts = noting()
    from sim.classroom.grading import Grader, read_receipt

    if not is_folder(Path(folder)):
        raise InputError(Problem("is no folder; expected one with *.json files", folder))
    files = sorted(Path(folder).glob("*.json"))
    if not files:
        raise InputError(Problem("has no receipt; expected *.json files", folder))
    if len(files) > limits.RECEIPTS:
        raise InputError(Problem(f"has {len(files)} files; at most {limits.RECEIPTS} are graded", folder))
    grader = Grader(Path(own) if own else None, interrupts.tick)
    grades: list[Grade] = []
    problems: list[Problem] = []
    for file in files:
        try:
            grades.append(grader.grade(read_receipt(file)))
        except InputError as error:
            problems += error.problems
    _give(_table(grades), Path(out) if out else None)
    report(problems)
    return BAD_INPUT if problems else HELD


def _table(grades: Sequence[Grade]) -> str:
    """A row a receipt: points by question, and nothing where a lesson has no such question."""
    asked = list(dict.fromkeys(name for grade in grades for name in grade.points))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("student", "scenario", "seed", "model_version", *asked, "points", "of", "notes"))
    for graded in sorted(grades, key=lambda graded: (graded.receipt.student, graded.receipt.scenario)):
        receipt = graded.receipt
        seed = "" if receipt.seed is None else receipt.seed
        points = [f"{graded.points[name]:.4g}" if name in graded.points else "" for name in asked]
        head = (_cell(receipt.student), receipt.scenario, seed, _cell(receipt.model_version))
        writer.writerow((*head, *points, f"{graded.total:.4g}", len(graded.points), "; ".join(graded.notes)))
    return text.getvalue()


def _cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
