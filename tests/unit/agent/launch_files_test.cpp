// SPDX-License-Identifier: Apache-2.0
// Landlock by acting: random rules over a scratch folder, put around a child that tries everything
// on every path. What passes is what the evaluator lets pass; what Landlock cannot say is narrower,
// and only where names are made or removed.
#include <catch2/catch.hpp>

#include <array>
#include <cerrno>
#include <functional>

#include <dirent.h>
#include <fcntl.h>
#include <rapidcheck.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/launch/host_files.h"
#include "agent/launch/landlock.h"
#include "compiler/evaluate.h"
#include "tests/harness/generate.h"
#include "tests/unit/agent/temp_folder.h"

using namespace synpol;
using namespace synpol::testing;
using synpol::test::TempFolder;

namespace {

constexpr int passed = 0;

int opened(int descriptor) {
    if (descriptor < 0) return errno;
    ::close(descriptor);
    return passed;
}
int done(int result) {
    return result == 0 ? passed : errno;
}

/// A way to use a path, tried for real. `exact`: Landlock says exactly what the rules say.
struct Deed {
    const char* name;
    FileKind on; ///< what has to be there
    std::vector<Ways> needs;
    bool exact;
    std::function<int(const std::string&)> act;
};

const std::vector<Deed>& deeds() {
    static const auto contents = way_of(WriteMember::contents);
    static const auto create = way_of(WriteMember::create);
    static const auto remove = way_of(WriteMember::delete_);
    static const std::vector<Deed> table = {
        {"read",
         FileKind::file,
         {way_read},
         true,
         [](const auto& path) { return opened(::open(path.c_str(), O_RDONLY)); }},
        {"write",
         FileKind::file,
         {contents},
         true,
         [](const auto& path) { return opened(::open(path.c_str(), O_WRONLY)); }},
        {"truncate",
         FileKind::file,
         {way_of(WriteMember::truncate)},
         true,
         [](const auto& path) { return done(::truncate(path.c_str(), 0)); }},
        // The file is no program: ENOEXEC comes after every check. The kernel reads it, too.
        {"exec",
         FileKind::file,
         {way_exec, way_read},
         true,
         [](const auto& path) {
             char* const none[] = {nullptr};
             ::execve(path.c_str(), none, none);
             return errno == ENOEXEC ? passed : errno;
         }},
        {"list",
         FileKind::folder,
         {way_read},
         false,
         [](const auto& path) { return opened(::open(path.c_str(), O_RDONLY | O_DIRECTORY)); }},
        {"mkdir",
         FileKind::missing,
         {create},
         false,
         [](const auto& path) { return done(::mkdir(path.c_str(), 0755)); }},
        {"mkfifo",
         FileKind::missing,
         {create},
         false,
         [](const auto& path) { return done(::mkfifo(path.c_str(), 0644)); }},
        {"symlink",
         FileKind::missing,
         {create},
         false,
         [](const auto& path) { return done(::symlink("x", path.c_str())); }},
        {"unlink",
         FileKind::file,
         {remove},
         false,
         [](const auto& path) { return done(::unlink(path.c_str())); }},
    };
    return table;
}

std::string random_name(Random& random) {
    static const std::vector<std::string> names = {"a", "b", "ab", "c"};
    return random.pick(names);
}

std::string random_path(Random& random, const std::string& root) {
    auto path = root;
    for (std::size_t count = 1 + random.below(3); count > 0; --count)
        path += '/' + random_name(random);
    return path;
}

PathSet random_set(Random& random, const std::string& root) {
    static const std::vector<std::string> segments = {"a", "b", "ab", "*", "a*", "c"};
    const auto glob = [&] {
        auto text = root;
        for (std::size_t count = 1 + random.below(3); count > 0; --count)
            text += '/' + random.pick(segments);
        return PathSet::glob({random.chance(50) ? text + "/**" : text});
    };
    auto set = glob();
    for (std::size_t more = random.below(3); more > 0; --more)
        set = random.chance(70) ? set | glob() : set - glob();
    return set;
}

Rule fence(Action action, PathSet paths, WriteMembers members) {
    Rule rule;
    rule.name = "test.rule";
    rule.kind = RuleKind::only;
    rule.action = action;
    ObjectPattern object;
    object.paths = std::move(paths);
    object.members = std::move(members);
    rule.objects = {object};
    return rule;
}

Model random_fences(Random& random, const std::string& root) {
    Model model;
    model.rules.push_back(fence(Action::read, random_set(random, root), all_write_members()));
    model.rules.push_back(fence(Action::exec, random_set(random, root), all_write_members()));
    for (const auto member : {WriteMember::contents, WriteMember::create, WriteMember::delete_,
                              WriteMember::truncate}) {
        const auto one = WriteMembers::single(static_cast<std::uint16_t>(member));
        model.rules.push_back(fence(Action::write, random_set(random, root), one));
    }
    return model;
}

void make_tree(Random& random, const std::string& root) {
    for (int i = 0; i < 14; ++i) {
        const auto path = random_path(random, root);
        for (auto slash = path.find('/', root.size() + 1); slash != std::string::npos;
             slash = path.find('/', slash + 1))
            ::mkdir(path.substr(0, slash).c_str(), 0755);
        const Descriptor file{::open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0755)};
        if (file && ::write(file.get(), "text", 4) != 4) continue;
    }
}

bool permits(const BoxSet& boxes, Ways way, const std::string& path) {
    Attempt attempt;
    attempt.path = path;
    attempt.action = way == way_exec   ? Action::exec
                     : way == way_read ? Action::read
                                       : Action::write;
    for (std::uint16_t member = 0; member < write_member_count; ++member)
        if (way == way_of(static_cast<WriteMember>(member)))
            attempt.member = static_cast<WriteMember>(member);
    return evaluate(boxes, attempt).verdict == Outcome::pass;
}

/// What happened, in memory that the child shares.
struct Record {
    std::array<std::array<int, 16>, 64> errors;
};

struct Question {
    std::string path;
    FileKind kind;
};

/// On every path each deed that its kind is for, but of those that make something one: names that
/// are there are refused before Landlock is asked.
bool is_tried(const Question& question, std::size_t number, std::size_t deed) {
    constexpr std::size_t makers = 3;
    if (question.kind != deeds()[deed].on) return false;
    return question.kind != FileKind::missing || deed % makers == number % makers;
}

void act(int ruleset, const std::vector<Question>& questions, Record& record) {
    const pid_t child = ::fork();
    if (child == 0) {
        ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        if (restrict_self(ruleset) != 0) ::_exit(1);
        for (std::size_t deed = 0; deed < deeds().size(); ++deed)
            for (std::size_t i = 0; i < questions.size(); ++i)
                if (is_tried(questions[i], i, deed))
                    record.errors[i][deed] = deeds()[deed].act(questions[i].path);
        ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    RC_ASSERT(WIFEXITED(status));
    RC_ASSERT(WEXITSTATUS(status) == 0);
}

Record* shared_record() {
    void* memory =
        ::mmap(nullptr, sizeof(Record), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    REQUIRE(memory != MAP_FAILED);
    return static_cast<Record*>(memory);
}

} // namespace

TEST_CASE("Landlock permits what the evaluator permits, by acting", "[unit][launch]") {
    const auto abi = landlock_abi();
    if (abi < 3) {
        WARN("this kernel has no Landlock of ABI 3");
        return;
    }
    auto* record = shared_record();
    CHECK(rc::check("deeds", [&](std::uint64_t seed) {
        Random random{seed};
        const TempFolder folder;
        const auto& root = folder.path();
        make_tree(random, root);
        Diagnostics diagnostics;
        const auto boxes = lower(random_fences(random, root), diagnostics);
        const auto files = file_ways(boxes, {});
        const auto reach = PathReach::make(files);
        RC_ASSERT(static_cast<bool>(reach));
        HostFiles host;
        LandlockOptions options;
        options.abi = abi;
        const auto rules = landlock_files(files, *reach, host, options);
        auto ruleset = make_ruleset(rules, {});
        RC_ASSERT(static_cast<bool>(ruleset));

        std::vector<Question> questions;
        for (int i = 0; i < 40; ++i) {
            const auto path = random_path(random, root);
            const auto parent = path.substr(0, path.rfind('/'));
            // Missing names are tried in folders that are there, each once.
            const bool known = std::any_of(questions.begin(), questions.end(),
                                           [&](const auto& one) { return one.path == path; });
            if (!known && host.kind_of(parent) == FileKind::folder)
                questions.push_back({path, host.kind_of(path)});
        }
        *record = {};
        act(ruleset->get(), questions, *record);
        for (std::size_t i = 0; i < questions.size(); ++i) {
            for (std::size_t deed = 0; deed < deeds().size(); ++deed) {
                const auto& tried = deeds()[deed];
                if (!is_tried(questions[i], i, deed)) continue;
                const bool wanted =
                    std::all_of(tried.needs.begin(), tried.needs.end(),
                                [&](Ways way) { return permits(boxes, way, questions[i].path); });
                const int error = record->errors[i][deed];
                const bool did = error == passed;
                if (did != wanted)
                    RC_LOG() << tried.name << ' ' << questions[i].path << " errno " << error;
                RC_ASSERT(did || error == EACCES);
                RC_ASSERT(!did || wanted);
                if (tried.exact) RC_ASSERT(did == wanted);
            }
        }
    }));
    ::munmap(record, sizeof(Record));
}
