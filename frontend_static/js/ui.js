/** The one place that names the vendored rendering libraries. */
import { Component, h, render, createContext, Fragment } from "../vendor/preact.js";
import { useContext, useEffect, useRef, useState, useMemo, useId } from "../vendor/preact-hooks.js";
import { signal, computed, effect, batch, useSignal, useComputed } from "../vendor/signals.js";
import htm from "../vendor/htm.js";

/** Tagged template that makes virtual nodes: html`<p class="x">${text}</p>`. Text is always escaped. */
export const html = htm.bind(h);

export {
  Component,
  h,
  render,
  createContext,
  Fragment,
  useContext,
  useEffect,
  useRef,
  useState,
  useMemo,
  useId,
  signal,
  computed,
  effect,
  batch,
  useSignal,
  useComputed,
};

/**
 * Join class names, leaving out what is falsy.
 * @param {...unknown} names
 */
export const cx = (...names) => names.filter(Boolean).join(" ");
