// Containers whose capacity is part of their type: no heap, and "full" is a Result the caller sees.
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/base/result.hpp"

#include <array>
#include <compare>
#include <cstddef>
#include <string_view>
#include <utility>

namespace esb {

namespace detail {
// Writes `text` and a NUL; false, and nothing is written, when it has more than `room` bytes.
bool put_text(char* out, std::size_t room, std::string_view text);
}  // namespace detail

// Text of at most N bytes, always NUL-terminated for C APIs.
template <std::size_t N>
class FixedString {
public:
    FixedString() = default;

    static Result<FixedString> from(std::string_view text) {  // a copy; too_long
        FixedString made;
        ESB_TRY(made.assign(text));
        return made;
    }
    // Unchanged on `too_long`.
    Status assign(std::string_view text) { return put(0, text); }
    // Unchanged on `too_long`.
    Status append(std::string_view text) { return put(size_, text); }
    Status append(char c) { return append(std::string_view(&c, 1)); }
    void clear() { set_size(0); }
    void truncate(std::size_t size) {
        if (size < size_) set_size(size);
    }

    std::string_view view() const { return {text_.data(), size_}; }  // valid as long as this is not changed
    operator std::string_view() const { return view(); }             // view()
    const char* c_str() const { return text_.data(); }               // ends with a NUL
    std::size_t size() const { return size_; }                       // in bytes
    bool empty() const { return size_ == 0; }                        // no byte
    static constexpr std::size_t capacity() { return N; }            // bytes at most

    friend bool operator==(const FixedString& a, const FixedString& b) { return a.view() == b.view(); }
    friend bool operator==(const FixedString& a, std::string_view b) { return a.view() == b; }

private:
    Status put(std::size_t at, std::string_view text) {
        if (!detail::put_text(text_.data() + at, N - at, text)) return fail(errors::too_long);
        size_ = at + text.size();
        return {};
    }
    void set_size(std::size_t size) {
        size_ = size;
        text_[size] = '\0';
    }
    std::array<char, N + 1> text_{};
    std::size_t size_ = 0;
};

// A vector of at most N default-constructible elements.
template <typename T, std::size_t N>
class FixedVector {
public:
    // `full` when N elements are held; the vector is then unchanged.
    Status push_back(T value) {
        if (size_ == N) return fail(errors::full);
        items_[size_++] = std::move(value);
        return {};
    }
    // Removes one element, keeping the order of the others.
    void erase(std::size_t index) {
        for (std::size_t i = index + 1; i < size_; ++i) items_[i - 1] = std::move(items_[i]);
        items_[--size_] = T{};
    }
    void clear() {
        while (size_ > 0) items_[--size_] = T{};
    }

    T* begin() { return items_.data(); }                                    // the first
    T* end() { return items_.data() + size_; }                              // behind the last
    const T* begin() const { return items_.data(); }                        // the first
    const T* end() const { return items_.data() + size_; }                  // behind the last
    T& operator[](std::size_t index) { return items_[index]; }              // below size(), which is not looked at
    const T& operator[](std::size_t index) const { return items_[index]; }  // below size(), which is not looked at
    std::size_t size() const { return size_; }                              // how many
    bool empty() const { return size_ == 0; }                               // none
    bool full() const { return size_ == N; }                                // no room for another
    static constexpr std::size_t capacity() { return N; }                   // how many at most

private:
    std::array<T, N> items_{};
    std::size_t size_ = 0;
};

// A first-in first-out queue of at most N elements.
template <typename T, std::size_t N>
class FixedQueue {
public:
    Status push(T value) {  // at the end; `full`
        if (size_ == N) return fail(errors::full);
        items_[(head_ + size_) % N] = std::move(value);
        ++size_;
        return {};
    }
    // The queue must not be empty.
    T pop() {
        T value = std::move(items_[head_]);
        head_ = (head_ + 1) % N;
        --size_;
        return value;
    }
    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    bool full() const { return size_ == N; }
    static constexpr std::size_t capacity() { return N; }

private:
    std::array<T, N> items_{};
    std::size_t head_ = 0;
    std::size_t size_ = 0;
};

}  // namespace esb
