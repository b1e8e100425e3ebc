"""The page of MQTT's statements: what is shown, what stands open, and that it is what the tests say."""
import importlib.util
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
SPEC = importlib.util.spec_from_file_location("mqtt_conformance", ROOT / "tools/mqtt_conformance.py")
tool = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(tool)

STATEMENTS = """# words
version 3.1.1
1.1.1-1 first
1.1.1-2 second
server 2.2.2-1 2.2.2-2
elsewhere 6.0.0-1
version 5.0
1.1.1-1 another
server 3.3.3-3
"""
TESTS = """// MQTT 3.1.1: 1.1.1-1
// MQTT 5.0: 1.1.1-1
TEST(A, above) {
}

TEST(A, within) {  // MQTT 3.1.1: 1.1.1-2, 2.2.2-1
    // MQTT 3.1.1: 1.1.1-1
}
"""


def judge(tests):
    versions = tool.read_statements(STATEMENTS)
    shown, stray = tool.read_tests([("a.cpp", tests)])
    return tool.problems(versions, shown, stray), tool.render(versions, shown)


def test_each_row_has_its_tests():
    found, page = judge(TESTS)
    assert found == []
    assert "| 1.1.1-1 | first | `A.above`, `A.within` |" in page
    assert "| 1.1.1-1 | another | `A.above` |" in page
    assert "Servers alone: 2.2.2-1, 2.2.2-2." in page and tool.OPEN not in page


def test_a_statement_that_there_is_not_is_found():
    found, _ = judge(TESTS.replace("2.2.2-1", "9.9.9-9"))
    assert found == ["no statement of this id: MQTT 3.1.1 9.9.9-9 (A.within)"]


def test_a_comment_that_belongs_to_no_test_is_found():
    found, _ = judge(TESTS + "// MQTT 5.0: 1.1.1-1\n\nint helper() {\n}\n")
    assert found == ["belongs to no test: a.cpp: 5.0 1.1.1-1"]


def test_removing_a_test_opens_its_row():
    found, page = judge(TESTS[:TESTS.index("TEST(A, within)")])
    assert found == ["open: MQTT 3.1.1 1.1.1-2 second"]
    assert f"| 1.1.1-2 | second | {tool.OPEN} |" in page


def test_removing_any_real_test_changes_the_page_and_the_last_of_a_statement_opens_it(tmp_path):
    for folder in ("tools", "docs", tool.TESTS):
        (tmp_path / folder).mkdir(parents=True)
    statements = (ROOT / tool.STATEMENTS).read_text(encoding="utf-8")
    (tmp_path / tool.STATEMENTS).write_text(statements, encoding="utf-8")
    files = {file.name: file.read_text(encoding="utf-8") for file in (ROOT / tool.TESTS).glob("*.cpp")}
    for name, text in files.items():
        (tmp_path / tool.TESTS / name).write_text(text, encoding="utf-8")
    assert tool.main([str(tmp_path)]) == 0
    assert tool.main([str(tmp_path), "--check"]) == 0

    name, only = "keep_alive_test.cpp", "pings_before_the_interval_ends"  # the one of 3.1.2-23
    without = re.sub(r"(?:^//.*\n)*^TEST\(MqttKeepAlive, " + only + r"\).*?^}\n", "", files[name], flags=re.M | re.S)
    assert without != files[name]
    (tmp_path / tool.TESTS / name).write_text(without, encoding="utf-8")
    assert tool.main([str(tmp_path), "--check"]) == 1
    assert tool.main([str(tmp_path)]) == 1
    page = (tmp_path / tool.PAGE).read_text(encoding="utf-8")
    assert re.search(r"\| 3\.1\.2-23 \| [^|]* \| \*\*open\*\* \|", page)


def test_no_statement_is_listed_twice():
    for version in tool.read_statements((ROOT / tool.STATEMENTS).read_text(encoding="utf-8")):
        everything = [*version.client, *(one for ids in version.others.values() for one in ids)]
        assert len(everything) == len(set(everything))
