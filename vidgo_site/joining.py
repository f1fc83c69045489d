"""What is always needed together becomes one file: packed, scripts are 11 kB instead of 19.

A module becomes a function's own room, and what it exports that function's answer, under the
module's name. So names of two modules cannot meet, and each is still run once.
"""

import re
from graphlib import TopologicalSorter

# The only ways in which our modules import and export; a line each.
IMPORT = re.compile(r'^import (?:(\{[^}\n]*\}) from )?"\./(\w+)\.js";\n', re.MULTILINE)
EXPORT = re.compile(r"^export ((?:async )?(?:function\*?|class|const) (\w+))", re.MULTILINE)


def joined_styles(texts: dict[str, str], lists: dict[str, str]) -> dict[str, str]:
    """Return the styles by name, and those of each list as one."""
    together = {
        file: "\n".join(texts[name] for name in names)
        for file, names in _present(lists, texts).items()
    }
    return texts | together


class Scripts:
    """Modules by name, and which of them are joined."""

    def __init__(self, texts: dict[str, str], lists: dict[str, str]) -> None:
        self.texts = texts
        self.joined = {file: self._ordered(one) for file, one in _present(lists, texts).items()}
        self.home = {name: file for file, names in self.joined.items() for name in names}

    def files(self) -> dict[str, str]:
        """Return the text of each file that is served, by its name."""
        alone = {name: self._alone(name) for name in self.texts if name not in self.home}
        return alone | {file: self._joined(file) for file in self.joined}

    def _ordered(self, names: list[str]) -> list[str]:
        """Return the names, each behind those that it imports; raises graphlib.CycleError."""
        imported = {name: IMPORT.findall(self.texts[name]) for name in names}
        within = {name: [one for _, one in imported[name] if one in names] for name in names}
        return list(TopologicalSorter(within).static_order())

    def _alone(self, name: str) -> str:
        imports, body = self._bound(name)
        return "".join(imports) + body

    def _joined(self, file: str) -> str:
        imports: dict[str, None] = {}
        rooms = []
        for name in self.joined[file]:
            needed, body = self._bound(name)
            imports |= needed
            given = ", ".join(name for _, name in EXPORT.findall(body))
            body = EXPORT.sub(r"\1", body)
            rooms.append(f"const ${name} = (() => {{\n{body}return {{ {given} }};\n}})();\n")
        names = ", ".join(f"${name}" for name in self.joined[file])
        return "".join(imports) + "".join(rooms) + f"export {{ {names} }};\n"

    def _bound(self, name: str) -> tuple[dict[str, None], str]:
        """Return the lines that import files, and the module without its own."""
        imports: dict[str, None] = {}

        def bind(found: re.Match[str]) -> str:
            names, module = found.groups()
            file = self.home.get(module)
            if file is None:
                imports[found[0]] = None
                return ""
            if file != self.home.get(name):
                imports[f'import {{ ${module} }} from "./{file}.js";\n'] = None
            return f"const {names.replace(' as ', ': ')} = ${module};\n" if names else ""

        return imports, IMPORT.sub(bind, self.texts[name])


def _present(lists: dict[str, str], texts: dict[str, str]) -> dict[str, list[str]]:
    return {file: [one for one in names.split() if one in texts] for file, names in lists.items()}
