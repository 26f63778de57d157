"""The words of the pages themselves, in English and Japanese: what is on buttons, labels and hints.

What explains an outcome is in `sim.report` and in the scenarios; nothing here depends on a run.
"""

from __future__ import annotations

from sim.report.look import Language

TEXTS: dict[str, tuple[str, str]] = {
    "app": ("What does it cost? VMs and containers", "いくらかかる？ 仮想マシンとコンテナ"),
    # Start
    "start.race": ("Who is ready first?", "最初に応答するのは？"),
    "start.race.sub": (
        "One request, five technologies, from VirtualBox to Docker.",
        "要求は一つ、方式は五つ。VirtualBoxからDockerまで。",
    ),
    "start.memory": ("Does summing ps tell the truth?", "psの合計は本当？"),
    "start.memory.sub": (
        "Equal instances, several rulers, one amount of memory.",
        "同じインスタンス、いくつもの物差し、メモリの量は一つ。",
    ),
    "start.layers": ("Which steps run again?", "再実行される手順は？"),
    "start.layers.sub": (
        "Edit one file of a build. Click what you think it costs.",
        "ビルドのファイルを一つ編集し、再実行されると思う手順を選びます。",
    ),
    "start.count": (
        "**{n} scenarios**, from what Docker is to the order of a Dockerfile; each with claims that a test keeps true.",
        "**{n}個のシナリオ**。Dockerの正体からDockerfileの順序まで。それぞれに予想と、テストが守る主張があります。",
    ),
    "start.promise": (
        "Works offline. No tracking. Any view is a link, to be put into a slide deck.",
        "オフラインで動きます。追跡しません。どの画面もリンクとして講義資料に入れられます。",
    ),
    "tease.sum": ("sum = ?", "合計 = ？"),
    "tease.again": ("the same pages, six times?", "同じページを6回？"),
    # A lesson
    "score.exact": ("You said {said}; it is {value}. Close.", "予想は{said}、結果は{value}。ほぼ正解です。"),
    "score.above": (
        "You said {said}; it is {value}: {factor} times too much.",
        "予想は{said}、結果は{value}。{factor}倍の見積もりでした。",
    ),
    "score.below": (
        "You said {said}; it is {value}, {factor} times as much.",
        "予想は{said}、結果は{value}。実際は{factor}倍でした。",
    ),
    "score.off": ("You said {said}; it is {value}.", "予想は{said}、結果は{value}です。"),
    "score.right": ("You said “{said}”, and so it is.", "予想「{said}」は正解です。"),
    "score.wrong": ("You said “{said}”; the run says otherwise.", "予想は「{said}」でしたが、結果は違います。"),
    "score.steps": (
        "You named {n} of the {all} steps that run again, and {extra} that do not.",
        "再実行される{all}手順のうち{n}手順を当て、{extra}手順は余分でした。",
    ),
    "score.steps.exact": ("You named exactly the steps that run again.", "再実行される手順をすべて当てました。"),
    "guess.s": ("seconds", "秒"),
    "guess.count": ("how many", "数"),
    "quiz.look": (
        "Look at the figure once more, then choose again.",
        "図をもう一度見て、選び直してください。",
    ),
    "quiz.none": (
        "Under these conditions none of the answers holds; go back to the scenario's own.",
        "この条件では、どの選択肢も成り立ちません。元の条件に戻してください。",
    ),
    "reset": ("Back to the scenario's own", "元の条件に戻す"),
    "changed": ("changed: {list}", "変更：{list}"),
    "varied": ("as each needs", "それぞれの値"),
    "download.records": ("Events (CSV)", "イベント（CSV）"),
    "fact.id": ("fact", "出典番号"),
    "fact.what": ("what was published", "公表された値"),
    "fact.value": ("value", "値"),
    "fact.source": ("where", "出典"),
    "claim.failed": ("does not hold under these conditions", "この条件では不成立"),
    "progress.share": ("{n} % of the run", "実行 {n} %"),
    "cancelled": ("Cancelled.", "中止しました。"),
    "run.again": ("Run it after all", "やはり実行する"),
    "scenario.pick": ("Scenario", "シナリオ"),
    "scenario.none": ("No scenario {name!r}; there are {list}", "シナリオ{name!r}はありません。あるもの：{list}"),
    # Figures
    "finish": ("Where the clock stops", "時計を止める時点"),
    "finish.ready": ("application answers", "アプリケーションの応答"),
    "finish.init": ("first process runs", "最初のプロセス"),
    "finish.runtime": ("runtime or VMM ready", "ランタイム・VMMの準備完了"),
    "candidates": ("Each of these may be what stops the next one: {list}.", "次の一つを止めうるもの：{list}。"),
    "every": ("every constraint", "すべての制約"),
    "queue": ("{name}: every start, in the order of requests", "{name}：すべての起動（要求順）"),
    "queue.of": ("Starts of", "対象"),
    "build.of": ("Build", "ビルド"),
    # Layer lab
    "lab.question": ("Which steps of the next build run again?", "次のビルドで再実行される手順はどれですか？"),
    "lab.how": ("What happens to it", "何をするか"),
    "lab.append": ("add a line", "1行追加"),
    "lab.touch": ("touch", "touch"),
    "lab.mode": ("chmod +x", "chmod +x"),
    "lab.content": ("rewrite", "書き換え"),
    "lab.delete": ("delete", "削除"),
    "lab.between": ("{low} to {high}", "{low}〜{high}"),
    "lab.line": ("line {n}", "{n}行目"),
    "lab.cost": (
        "**{again}** run again, **{saved}** saved by the cache · **{size}** of new layers",
        "**{again}**を再実行、**{saved}**をキャッシュで節約 ・ 新しいレイヤー**{size}**",
    ),
    "lab.undo": ("Undo", "一つ戻す"),
    "lab.keep": ("Build this, edit on", "ビルドして続ける"),
    "lab.keep.help": (
        "The cache keeps this build too; the next edit is judged against it and all before it.",
        "このビルドもキャッシュに残り、次の編集はそれまでのすべてのビルドと照合されます。",
    ),
    "lab.kept": ("{n} more in the cache since the first build", "最初のビルド以降、キャッシュに{n}件追加"),
    "lab.options": ("Builder and build arguments", "ビルダーとビルド引数"),
    "lab.noargs": (
        "The Dockerfile takes no build argument; add a line ARG to it.",
        "このDockerfileにビルド引数はありません。ARG行を加えると現れます。",
    ),
    "lab.predict.how": ("In the graph, or by Tab and Enter.", "図の中でクリックするか、TabとEnterで選びます。"),
    "lab.chosen": ("{n} chosen", "{n}個選択"),
    "lab.dockerfile": ("Dockerfile of the next build", "次のビルドのDockerfile"),
    "lab.every.hit.hint": (
        "Edit a file or a line to see what follows.",
        "ファイルか行を編集して、何が起こるか見てください。",
    ),
    "lab.key.same": ("cache key {new}", "キャッシュキー {new}"),
    "lab.saves": ("saves {time}", "{time}の節約"),
    "lab.found.append": (
        "Editing {file} re-runs {n} of {all} steps: {time} and {size}",
        "{file}の編集で、{all}手順中{n}手順が再実行される（{time}、{size}）",
    ),
    "lab.found.content": (
        "Editing {file} re-runs {n} of {all} steps: {time} and {size}",
        "{file}の編集で、{all}手順中{n}手順が再実行される（{time}、{size}）",
    ),
    "lab.found.touch": (
        "Nothing re-runs: the cache looks at content, not at time stamps",
        "再実行なし。キャッシュが見るのは内容で、時刻ではない",
    ),
    "lab.found.touched": (
        "A new time stamp on {file} re-runs {n} of {all} steps: {time} and {size}",
        "{file}の時刻の変更で、{all}手順中{n}手順が再実行される（{time}、{size}）",
    ),
    "lab.found.mode": (
        "A chmod of {file} re-runs {n} of {all} steps: {time} and {size}",
        "{file}のchmodで、{all}手順中{n}手順が再実行される（{time}、{size}）",
    ),
    "lab.found.delete": (
        "Deleting {file} re-runs {n} of {all} steps: {time} and {size}",
        "{file}の削除で、{all}手順中{n}手順が再実行される（{time}、{size}）",
    ),
    "lab.found.dockerfile": (
        "This Dockerfile re-runs {n} of {all} steps: {time} and {size}",
        "このDockerfileでは、{all}手順中{n}手順が再実行される（{time}、{size}）",
    ),
    "lab.found.several": (
        "These changes re-run {n} of {all} steps: {time} and {size}",
        "これらの変更で、{all}手順中{n}手順が再実行される（{time}、{size}）",
    ),
    "lab.found.none": (
        "Nothing re-runs: every step is found in the cache",
        "再実行なし。すべての手順がキャッシュにある",
    ),
    "lab.found.known": (
        "Nothing re-runs: the cache remembers every build, not only the last",
        "再実行なし。キャッシュは直前だけでなく、すべてのビルドを覚えている",
    ),
}
"""Message id to its English and its Japanese text, with named places for arguments."""


def say(key: str, lang: str, **arguments: str | float) -> str:
    """The text of an id in a language ("en" or "ja")."""
    text = TEXTS[key][1 if lang == "ja" else 0]
    return text.format(**arguments) if arguments else text


def other_language(lang: Language) -> tuple[Language, str]:
    """The language a reader may change to, and its name in itself."""
    return ("en", "English") if lang == "ja" else ("ja", "日本語")
