// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Streams and events of the fake driver.
#include <chrono>

#include "call.h"

using namespace tconv;
using namespace tconv::test;
using cuda::Context;
using cuda::Event;
using cuda::Result;
using cuda::Stream;

namespace {

double now() {
  return std::chrono::duration<double>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

} // namespace

EXPORT Result cuStreamCreate(Stream *stream, unsigned flags) {
  ContextCall call("cuStreamCreate");
  if (call.result)
    return call.result;
  *stream =
      call.driver.makeStream(call.context, flags != cuda::kNonBlockingStream);
  return cuda::kSuccess;
}

EXPORT Result cuStreamDestroy_v2(Stream stream) {
  ContextCall call("cuStreamDestroy_v2");
  if (!call.context || !call.driver.isKnown(call.context))
    return call.result;
  if (!call.context->streams.count(stream) || stream->destroyed)
    return kInvalidHandle;
  call.driver.destroyStream(stream);
  return call.result;
}

EXPORT Result cuStreamSynchronize(Stream handle) {
  ContextCall call("cuStreamSynchronize");
  if (!call.context || !call.driver.isKnown(call.context))
    return call.result;
  auto stream = call.driver.streamOf(call.context, handle);
  if (!stream)
    return kInvalidHandle;
  // Whatever it reports, it has waited for.
  call.driver.wait(stream, call.lock);
  return call.result ? call.result : call.context->error;
}

EXPORT Result cuStreamGetCtx(Stream stream, Context *context) {
  Call call("cuStreamGetCtx");
  if (call.result)
    return call.result;
  for (Context candidate : call.driver.contexts)
    if (candidate->streams.count(stream)) {
      *context = candidate;
      return cuda::kSuccess;
    }
  return kInvalidHandle;
}

EXPORT Result cuEventCreate(Event *event, unsigned) {
  ContextCall call("cuEventCreate");
  if (call.result)
    return call.result;
  *event = new CUevent_st{call.context};
  call.context->events.insert(*event);
  ++call.driver.counts.events;
  return cuda::kSuccess;
}

EXPORT Result cuEventDestroy_v2(Event event) {
  ContextCall call("cuEventDestroy_v2");
  if (!call.context || !call.context->events.erase(event))
    return kInvalidHandle;
  --call.driver.counts.events;
  delete event;
  return cuda::kSuccess;
}

EXPORT Result cuEventRecord(Event event, Stream handle) {
  ContextCall call("cuEventRecord");
  if (call.result)
    return call.result;
  auto stream = call.driver.streamOf(call.context, handle);
  if (!stream)
    return kInvalidHandle;
  event->recorded = true;
  event->done = false;
  call.driver.issue(stream, [event] {
    std::lock_guard<std::mutex> lock(fakeDriver().mutex);
    event->seconds = now();
    event->done = true;
  });
  return cuda::kSuccess;
}

EXPORT Result cuEventSynchronize(Event event) {
  ContextCall call("cuEventSynchronize");
  if (call.result)
    return call.result;
  if (event->recorded && !event->done)
    call.driver.waitForAll(call.context, call.lock);
  return call.context->error;
}

EXPORT Result cuEventElapsedTime(float *milliseconds, Event begin, Event end) {
  ContextCall call("cuEventElapsedTime");
  if (call.result)
    return call.result;
  if (!begin->recorded || !end->recorded)
    return kInvalidHandle;
  if (!begin->done || !end->done)
    return kNotReady;
  *milliseconds = static_cast<float>(1e3 * (end->seconds - begin->seconds));
  return cuda::kSuccess;
}
