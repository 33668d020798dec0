// SPDX-License-Identifier: Apache-2.0
#include "policy/sandbox/yaml.h"

#include <algorithm>
#include <sstream>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "policy/lexer.h"

namespace synpol {
namespace {

// yaml-cpp calls itself for each level and looks back over open brackets. A document needs four.
constexpr std::size_t text_bytes_max = 256 * 1024;
constexpr std::size_t depth_max = 16;
constexpr std::size_t indentation_max = 200;

/// Words that open a level without more indentation: "- - - x".
constexpr std::size_t indicators_max = 8;

std::string_view without_mark(std::string_view text) {
    return text.starts_with("\xef\xbb\xbf") ? text.substr(3) : text;
}

// ---- before yaml-cpp sees it -------------------------------------------------------------------

struct TooDeep {
    std::size_t at = 0;
};

/// Brackets are counted wherever they stand, in strings and comments too: that only refuses more.
std::optional<TooDeep> deep_brackets(std::string_view text) {
    std::size_t open = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '[' || text[i] == '{') ++open;
        if ((text[i] == ']' || text[i] == '}') && open > 0) --open;
        if (open > depth_max) return TooDeep{i};
    }
    return {};
}

std::optional<TooDeep> deep_indentation(std::string_view text) {
    std::size_t column = 0, indicators = 0;
    bool leading = true;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\n' || text[i] == '\r') {
            column = indicators = 0;
            leading = true;
            continue;
        }
        if (!leading) continue;
        const bool indicator = text[i] == '-' || text[i] == '?' || text[i] == ':';
        leading = indicator || text[i] == ' ' || text[i] == '\t';
        indicators += indicator;
        ++column;
        if (column > indentation_max || indicators > indicators_max) return TooDeep{i};
    }
    return {};
}

/// False, and an error says why, for a text that yaml-cpp is not to see.
bool harmless(std::string_view text, FileId file, Reporter& reporter) {
    if (text.size() > text_bytes_max) {
        reporter.error(Code::file_too_large, {file, 0, 0},
                       fmt::format("a sandbox document has at most {} KiB", text_bytes_max / 1024));
        return false;
    }
    const auto place = [&](std::size_t at, std::size_t length) {
        return Span{file, static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(at + length)};
    };
    if (const auto invalid = find_invalid_text(text)) {
        reporter.error(Code::invalid_text, place(invalid->offset, invalid->length),
                       fmt::format("the file contains {}", invalid->what), "not allowed here");
        return false;
    }
    auto deep = deep_brackets(text);
    if (!deep) deep = deep_indentation(text);
    if (!deep) return true;
    reporter.error(Code::too_deep, place(deep->at, 1), "the document nests too deeply",
                   "a document has no use for more levels");
    return false;
}

// ---- the tree ----------------------------------------------------------------------------------

class Handler final : public YAML::EventHandler {
  public:
    Handler(std::string_view text, FileId file, Reporter& reporter)
        : text_{text}, file_{file}, reporter_{reporter}, mark_bytes_{text.size() -
                                                                     without_mark(text).size()} {}

    void OnDocumentStart(const YAML::Mark& mark) override {
        ++documents_;
        if (documents_ != 2) return;
        reporter_.error(Code::yaml_feature, place(mark, 1), "a file holds one sandbox document",
                        "a second one begins here");
    }
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        check("", anchor, mark);
        YamlNode node;
        node.span = place(mark, 0);
        add(std::move(node));
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
        reporter_.error(Code::yaml_feature, rest_of_word(mark), "sandbox documents have no aliases",
                        "write the value again");
        YamlNode node;
        node.span = place(mark, 0);
        add(std::move(node));
    }
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        check(tag, anchor, mark);
        YamlNode node;
        if (const auto invalid = find_invalid_text(value)) { // written with an escape
            reporter_.error(Code::invalid_text, scalar_span(mark, value),
                            fmt::format("the text contains {}", invalid->what), "not allowed here");
        }
        node.kind = YamlNode::Kind::scalar;
        node.text = value;
        node.quoted = tag == "!";
        node.span = scalar_span(mark, value);
        add(std::move(node));
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        check(tag, anchor, mark);
        open(YamlNode::Kind::sequence, mark);
    }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        check(tag, anchor, mark);
        open(YamlNode::Kind::mapping, mark);
    }
    void OnMapEnd() override { close(); }

    std::optional<YamlNode> take() { return std::move(root_); }
    Span place(const YAML::Mark& mark, std::size_t length) const {
        const auto begin = offset(mark);
        return span(begin, std::min(begin + length, text_.size()));
    }

    Span rest_of_word(const YAML::Mark& mark) const {
        const auto begin = offset(mark);
        const auto end = std::min(text_.find_first_of(" \t\r\n,]}", begin), text_.size());
        return span(begin, end);
    }

  private:
    Span span(std::size_t begin, std::size_t end) const {
        return {file_, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)};
    }
    std::size_t offset(const YAML::Mark& mark) const {
        const auto at = static_cast<std::size_t>(std::max(mark.pos, 0)) + mark_bytes_;
        return std::min(at, text_.size());
    }
    Span scalar_span(const YAML::Mark& mark, std::string_view value) const;
    void check(std::string_view tag, YAML::anchor_t anchor, const YAML::Mark& mark);
    void open(YamlNode::Kind kind, const YAML::Mark& mark);
    void close();
    void take_bracket(YamlNode& node) const;
    void add(YamlNode node);

    std::string_view text_;
    FileId file_;
    Reporter& reporter_;
    std::size_t mark_bytes_; ///< yaml-cpp does not count a byte order mark
    std::size_t documents_ = 0;
    std::optional<YamlNode> root_;
    std::vector<YamlNode> open_;
};

/// A scalar on one line as it is written; one of several lines up to the end of the first.
Span Handler::scalar_span(const YAML::Mark& mark, std::string_view value) const {
    const auto begin = offset(mark);
    const auto rest = text_.substr(begin);
    if (!value.empty() && rest.starts_with(value)) return span(begin, begin + value.size());
    const auto line = rest.substr(0, rest.find_first_of("\r\n"));
    const char quote = line.empty() ? '\0' : line.front();
    // Without escapes the place is that of the text inside, so that a fix leaves the quotes.
    const bool plain_inside = !value.empty() && line.size() > value.size() + 1 &&
                              line.substr(1).starts_with(value) && line[value.size() + 1] == quote;
    if ((quote == '"' || quote == '\'') && plain_inside)
        return span(begin + 1, begin + 1 + value.size());
    if (quote != '"' && quote != '\'') return span(begin, begin + line.size());
    for (std::size_t i = 1; i < line.size(); ++i) {
        if (quote == '"' && line[i] == '\\') {
            ++i;
        } else if (line[i] == quote) {
            if (quote == '"' || i + 1 == line.size() || line[i + 1] != quote)
                return span(begin, begin + i + 1);
            ++i; // '' is a quote inside
        }
    }
    return span(begin, begin + line.size());
}

void Handler::check(std::string_view tag, YAML::anchor_t anchor, const YAML::Mark& mark) {
    const bool plain = tag.empty() || tag == "!" || tag == "?";
    if (!plain) {
        reporter_.error(Code::yaml_feature, rest_of_word(mark), "sandbox documents have no tags",
                        "write the value alone");
    }
    if (anchor != YAML::NullAnchor) {
        reporter_.error(Code::yaml_feature, rest_of_word(mark), "sandbox documents have no anchors",
                        "write the value alone");
    }
}

void Handler::open(YamlNode::Kind kind, const YAML::Mark& mark) {
    YamlNode node;
    node.kind = kind;
    node.span = place(mark, 1);
    open_.push_back(std::move(node));
}

/// Of a list in brackets the closing one is part, too; yaml-cpp does not say where it is.
void Handler::take_bracket(YamlNode& node) const {
    const auto first = text_.substr(node.span.begin, 1);
    if (first != "[" && first != "{") return;
    const auto last = text_.find_first_not_of(" \t\r\n,\"'", node.span.end);
    if (last == std::string_view::npos || (text_[last] != ']' && text_[last] != '}')) return;
    node.span.end = static_cast<std::uint32_t>(last + 1);
}

void Handler::close() {
    YamlNode node = std::move(open_.back());
    open_.pop_back();
    for (const auto& child : node.children) {
        node.span.end = std::max(node.span.end, child.span.end);
    }
    take_bracket(node);
    add(std::move(node));
}

void Handler::add(YamlNode node) {
    if (!open_.empty()) {
        open_.back().children.push_back(std::move(node));
    } else if (!root_) { // of a second document nothing is kept
        root_ = std::move(node);
    }
}

/// yaml-cpp's messages, without a capital or a full stop, and without its own prefix.
std::string message_of(const YAML::ParserException& exception) {
    std::string message = exception.msg;
    if (!message.empty()) message[0] = static_cast<char>(std::tolower(message[0]));
    return fmt::format("this is not YAML: {}", message);
}

/// The commonest mistake: `@runtime` begins with a character that YAML keeps for itself.
void suggest_quotes(Diagnostic& error, Span word, std::string_view text) {
    const auto written = text.substr(word.begin, word.end - word.begin);
    if (!written.starts_with('@')) return;
    error.helps.push_back("in YAML a text that begins with `@` stands in quotes");
    error.fix = Fix{word, fmt::format("\"{}\"", written)};
}

} // namespace

std::string_view noun_of(YamlNode::Kind kind) {
    constexpr std::string_view nouns[] = {"no value", "a text", "a list", "a mapping"};
    return nouns[static_cast<std::size_t>(kind)];
}

std::optional<YamlNode> parse_yaml(std::string_view text, FileId file, Reporter& reporter) {
    if (!harmless(text, file, reporter)) return {};
    Handler handler{text, file, reporter};
    std::istringstream stream{std::string{text}};
    try {
        YAML::Parser parser{stream};
        // A second one is an error. No more are asked for: yaml-cpp gives the same one for ever
        // where it begins with a comma.
        (void)(parser.HandleNextDocument(handler) && parser.HandleNextDocument(handler));
    } catch (const YAML::ParserException& exception) {
        auto& error = reporter.error(Code::yaml_syntax, handler.place(exception.mark, 1),
                                     message_of(exception), "here");
        suggest_quotes(error, handler.rest_of_word(exception.mark), text);
        return {};
    } catch (const YAML::Exception& exception) {
        reporter.error(Code::yaml_syntax, {file, 0, 0},
                       fmt::format("this is not YAML: {}", exception.msg));
        return {};
    }
    auto root = handler.take();
    if (!root) root.emplace().span = {file, 0, 0};
    return root;
}

} // namespace synpol
