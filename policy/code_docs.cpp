// SPDX-License-Identifier: Apache-2.0
#include "policy/code_docs.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "policy/text_encoding.h"

namespace synpol {

namespace data {
extern const std::string_view code_examples;
}

namespace {

constexpr std::string_view section_mark = "=== ";
constexpr std::string_view main_file = "policy.syn";
constexpr std::size_t text_width_max = 80;

/// The words of a line that starts a section, after its mark.
std::vector<std::string_view> words_of(std::string_view line) {
    std::vector<std::string_view> words;
    while (!line.empty()) {
        const auto space = std::min(line.find(' '), line.size());
        if (space > 0) words.push_back(line.substr(0, space));
        line.remove_prefix(std::min(space + 1, line.size()));
    }
    return words;
}

std::string without_blank_end(std::string text) {
    while (text.ends_with("\n\n")) text.pop_back();
    return text;
}

/// Where the next line begins that starts a section.
std::size_t next_section(std::string_view text, std::size_t from) {
    const auto newline = text.find("\n=== ", from);
    return newline == std::string_view::npos ? newline : newline + 1;
}

void add_section(std::map<std::string, CodeExample, std::less<>>& examples, std::string_view head,
                 std::string_view body) {
    const auto words = words_of(head);
    if (words.size() < 2) return;
    auto& example = examples[std::string{words[0]}];
    example.number = words[0];
    const ExampleFile file{std::string{words.size() > 2 ? words[2] : main_file},
                           without_blank_end(std::string{body})};
    if (words[1] != "mended") example.broken.push_back(file);
    if (words[1] != "broken") example.mended.push_back(file);
}

std::string wrapped(std::string_view text, std::size_t width) {
    std::string result;
    std::size_t column = 0;
    for (const auto word : words_of(text)) {
        const bool breaks = column > 0 && column + 1 + word.size() > width;
        if (column > 0) result += breaks ? '\n' : ' ';
        column = breaks || column == 0 ? word.size() : column + 1 + word.size();
        result += word;
    }
    return result + '\n';
}

std::string capitalised(std::string_view title) {
    std::string text{title};
    if (text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 0x20);
    return text;
}

std::string indented(std::string_view text) {
    std::string result;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        if (end > 0) result += "    ";
        result += text.substr(0, end);
        result += '\n';
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return result;
}

std::string as_text(std::string_view title, const std::vector<ExampleFile>& files) {
    std::string result;
    for (const auto& file : files) {
        result += file.name == main_file ? fmt::format("\n{}:\n\n", title)
                                         : fmt::format("\nwith {}:\n\n", file.name);
        result += indented(made_visible(file.text));
    }
    return result;
}

std::string as_markdown(std::string_view title, const std::vector<ExampleFile>& files) {
    std::string result;
    for (const auto& file : files) {
        const bool policy = file.name.ends_with(".syn");
        result += file.name == main_file ? fmt::format("\n{}:\n\n", title)
                                         : fmt::format("\nwith `{}`:\n\n", file.name);
        result += fmt::format("```{}\n{}```\n", policy ? "syn" : "text", made_visible(file.text));
    }
    return result;
}

} // namespace

std::vector<CodeExample> parse_examples(std::string_view text) {
    std::map<std::string, CodeExample, std::less<>> examples;
    auto at = text.starts_with(section_mark) ? 0 : next_section(text, 0);
    while (at != std::string_view::npos) {
        const auto head_end = std::min(text.find('\n', at), text.size() - 1);
        const auto next = next_section(text, head_end);
        const auto body_end = std::min(next, text.size());
        add_section(examples,
                    text.substr(at + section_mark.size(), head_end - at - section_mark.size()),
                    text.substr(head_end + 1, body_end - head_end - 1));
        at = next;
    }
    std::vector<CodeExample> result;
    for (auto& [number, example] : examples) result.push_back(std::move(example));
    return result;
}

std::span<const CodeExample> all_examples() {
    static const auto examples = parse_examples(data::code_examples);
    return examples;
}

const CodeExample* example_of(Code code) {
    for (const auto& example : all_examples()) {
        if (example.number == number_text(code)) return &example;
    }
    return nullptr;
}

bool looks_like_code(std::string_view text) {
    if (text.size() < 4) return false;
    const bool prefix =
        (text[0] | 0x20) == 's' && (text[1] | 0x20) == 'y' && (text[2] | 0x20) == 'n';
    return prefix &&
           std::all_of(text.begin() + 3, text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<Code> find_code(std::string_view text) {
    for (const auto& row : all_codes()) {
        const auto number = number_text(row.code);
        if (row.name == text) return row.code;
        if (looks_like_code(text) && number.substr(3) == text.substr(3)) return row.code;
    }
    return {};
}

std::string long_form(const CodeInfo& row) {
    std::string text = fmt::format("{}: {} ({})\n\n{}", number_text(row.code), row.title, row.name,
                                   wrapped(row.explanation, text_width_max));
    if (const auto* example = example_of(row.code)) {
        text += as_text("broken", example->broken) + as_text("mended", example->mended);
    }
    return text;
}

std::string markdown_of(const CodeInfo& row, std::string_view report) {
    std::string text = fmt::format("### {} {}\n\n{}. {}\n", number_text(row.code), row.name,
                                   capitalised(row.title), row.explanation);
    const auto* example = example_of(row.code);
    if (example == nullptr) return text;
    text += as_markdown("Broken", example->broken);
    if (!report.empty()) text += fmt::format("\n```text\n{}```\n", report);
    return text + as_markdown("Mended", example->mended);
}

std::string all_markdown(const std::function<std::string(const CodeExample&)>& report) {
    std::string text;
    for (const auto& row : all_codes()) {
        const auto* example = example_of(row.code);
        text += '\n' + markdown_of(row, example != nullptr ? report(*example) : "");
    }
    return text;
}

} // namespace synpol
