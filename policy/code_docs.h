// SPDX-License-Identifier: Apache-2.0
// The long form of a diagnostic code: its row in codes.inc with the examples of
// data/code-examples.txt, for `synpol explain SYN0104`, docs/diagnostics.md and SARIF.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/codes.h"

namespace synpol {

struct ExampleFile {
    std::string name; ///< the first one of an example is "policy.syn"
    std::string text;
};

struct CodeExample {
    std::string number; ///< "SYN0104"
    std::vector<ExampleFile> broken;
    std::vector<ExampleFile> mended;
};

/// Reads text like that of data/code-examples.txt, by number.
std::vector<CodeExample> parse_examples(std::string_view text);

/// Those that are built in.
std::span<const CodeExample> all_examples();
/// The example of a code, or nothing where no text can have it.
const CodeExample* example_of(Code code);

/// The code that "SYN0104", "syn0104" or "missing-edition" means.
std::optional<Code> find_code(std::string_view text);
/// Whether text has the form of a number, existing or not.
bool looks_like_code(std::string_view text);

/// For a terminal: title, explanation, examples.
std::string long_form(const CodeInfo& row);
/// A section of docs/diagnostics.md. `report` is what check prints about the broken example.
std::string markdown_of(const CodeInfo& row, std::string_view report = {});
/// All sections, by number; `report` is asked for each example.
std::string all_markdown(const std::function<std::string(const CodeExample&)>& report);

} // namespace synpol
