#include "engine/stepper.h"

#include <utility>

#include "base/assert.h"
#include "engine/pipeline.h"

namespace escrow::engine {

class Stepper::Impl {
 public:
  // Opens the pipeline; once.
  [[nodiscard]] absl::Status Open(const EngineOptions& options, const Pipeline::Outside& outside) {
    absl::StatusOr<std::unique_ptr<Pipeline>> opened =
        Pipeline::Open(options, outside, [](std::uint64_t, std::uint64_t) {}, [this] { MakeRoom(); });
    if (opened.ok()) {
      pipeline_ = *std::move(opened);
    }
    return opened.status();
  }

  [[nodiscard]] absl::StatusOr<Stepped> Step(Stage stage) {
    if (!failure_.ok()) {
      return failure_;
    }
    absl::StatusOr<Stepped> stepped = StepOf(stage);
    if (failure_.ok()) {
      failure_ = stepped.status();
    }
    if (!failure_.ok()) {
      return failure_;  // perhaps of the committer, under the sequencer
    }
    return stepped;
  }

  [[nodiscard]] Pipeline& pipeline() { return *pipeline_; }
  [[nodiscard]] bool failed() const { return !failure_.ok(); }

 private:
  [[nodiscard]] absl::StatusOr<Stepped> StepOf(Stage stage) {
    switch (stage) {
      case Stage::kSequencer:
        return pipeline_->sequencer.Step(Wait::kNot);
      case Stage::kCommitter:
        return pipeline_->committer.Step(Wait::kNot);
      case Stage::kResponder:
        return pipeline_->responder.Step(Wait::kNot);
      case Stage::kSnapshotter:
        return pipeline_->snapshotter.Step(Wait::kNot);
    }
    base::AssertFailed("stage is known", __FILE__, __LINE__);
  }

  void MakeRoom() {
    if (failure_.ok()) {
      failure_ = pipeline_->committer.Step(Wait::kNot).status();
    }
  }

  std::unique_ptr<Pipeline> pipeline_;
  absl::Status failure_;
};

absl::StatusOr<std::unique_ptr<Stepper>> Stepper::Open(const EngineOptions& options, journal::Journal& journal,
                                                       const base::Clock& clock, const base::Clock& steady) {
  auto impl = std::make_unique<Impl>();
  if (absl::Status status = impl->Open(options, {.journal = journal, .clock = clock, .steady = steady}); !status.ok()) {
    return status;
  }
  return std::unique_ptr<Stepper>(new Stepper(std::move(impl)));
}

Stepper::Stepper(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Stepper::~Stepper() = default;

absl::StatusOr<Stepped> Stepper::Step(Stage stage) { return impl_->Step(stage); }

v1::Reason Stepper::Submit(std::unique_ptr<Submission>& submission) { return impl_->pipeline().Submit(submission); }

v1::Reason Stepper::Query(std::function<void(const core::Machine&, base::Time)> read, std::function<void()> done) {
  return impl_->pipeline().Query(std::move(read), std::move(done));
}

v1::Reason Stepper::Snapshot(std::function<void(absl::Status)> done) {
  return impl_->pipeline().OrderSnapshot(std::move(done));
}

Watermarks Stepper::watermarks() const { return impl_->pipeline().watermarks(); }

const core::Machine& Stepper::machine() const { return *impl_->pipeline().machine; }

void Stepper::Leave() {
  ESCROW_ASSERT(!impl_->failed());
  impl_->pipeline().Leave();
}

}  // namespace escrow::engine
