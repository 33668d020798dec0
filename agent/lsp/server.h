// SPDX-License-Identifier: Apache-2.0
// One session with an editor: JSON-RPC 2.0 messages in, answers and notifications out.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "agent/lsp/analysis.h"
#include "agent/lsp/features.h"

namespace synpol::lsp {

class Server {
  public:
    using Send = std::function<void(const Json&)>;
    explicit Server(Send send) : send_{std::move(send)} {}

    /// Takes any bytes as the body of a message.
    void receive(const std::string& body);
    /// A message that was too large to be read.
    void refuse(std::size_t bytes);
    /// Publishes what changed since the last time. Called when no message waits, so that a person
    /// who types is not checked at every key.
    void idle();

    /// After `exit`, the code to end with: 0 when `shutdown` came first.
    std::optional<int> exit_code() const { return exit_code_; }
    int end_of_input() const { return stage_ == Stage::shut_down ? 0 : 1; }

    struct Method;

  private:
    enum class Stage { fresh, running, shut_down };
    /// A result, or an error of the protocol.
    struct Failure {
        int code = 0;
        std::string message;
    };
    using Answer = std::variant<Json, Failure>;

    void dispatch(const Json& message);
    Answer call(const Method& method, const Json& params);
    void fail(const Json& id, const Failure& failure);
    void warn(const std::string& text);

    Answer initialize(const Json& params);
    Answer shutdown(const Json& params);
    Answer exit(const Json& params);
    Answer ignore(const Json& params);
    Answer open(const Json& params);
    Answer change(const Json& params);
    Answer save(const Json& params);
    Answer close(const Json& params);
    Answer hover_at(const Json& params);
    Answer definition_at(const Json& params);
    Answer complete_at(const Json& params);
    Answer lenses_of(const Json& params);
    Answer actions_at(const Json& params);
    Answer format(const Json& params);
    Answer prepare_rename_at(const Json& params);
    Answer rename_at(const Json& params);

    static const Method* find_method(const std::string& name);
    static Answer answer(Result<Json> result);
    std::variant<Question, Failure> question(const Json& params);
    std::variant<Question, Failure> question_at(const Json& params);
    template <typename F>
    Answer ask(std::variant<Question, Failure> asked, F answer_it);
    Document* document(const Json& params);
    void forget(const std::string& path);
    Analysis& analysis(const std::string& path);
    void publish();

    Send send_;
    Stage stage_ = Stage::fresh;
    Encoding encoding_ = Encoding::utf16;
    std::optional<int> exit_code_;
    Documents documents_;
    std::map<std::string, std::unique_ptr<Analysis>> analyses_; ///< of open documents; may lack
    std::map<std::string, Json> published_;                     ///< by path: what the editor shows
    bool changed_ = false;
};

} // namespace synpol::lsp
