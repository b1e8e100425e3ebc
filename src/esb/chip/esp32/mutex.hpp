// A mutex of FreeRTOS that lives inside its owner. (std::mutex takes heap at its first lock on ESP-IDF.)
#pragma once

#include <freertos/FreeRTOS.h>
#include <freertos/semphr.h>

namespace esb::chip::esp32 {

// Tasks only, never interrupts. Use with std::lock_guard-like scope: `const Lock lock(mutex_);`
class Mutex {
public:
    Mutex() : handle_(xSemaphoreCreateMutexStatic(&memory_)) {}
    Mutex(const Mutex&) = delete;
    Mutex& operator=(const Mutex&) = delete;

    void lock() { xSemaphoreTake(handle_, portMAX_DELAY); }
    void unlock() { xSemaphoreGive(handle_); }

private:
    StaticSemaphore_t memory_{};
    SemaphoreHandle_t handle_;
};

class Lock {
public:
    explicit Lock(Mutex& mutex) : mutex_(mutex) { mutex_.lock(); }
    ~Lock() { mutex_.unlock(); }
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;

private:
    Mutex& mutex_;
};

}  // namespace esb::chip::esp32
