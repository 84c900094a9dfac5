;;; seedls-action.el --- Code actions and the next edit  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: Apache-2.0

;;; Commentary:

;; The code actions of seedls as commands, and the edit that follows from the last ones.  Neither needs Eglot.

;;; Code:

(require 'seedls-client)

;;;; Edits

(defun seedls--apply-edit (edit)
  "Make a workspace EDIT of files that the server knows."
  (seq-doseq (change (plist-get edit :documentChanges))
    (let ((document (plist-get change :textDocument)))
      (seedls--apply-text-edits (plist-get document :uri) (plist-get document :version) (plist-get change :edits))))
  (cl-loop for (uri edits) on (plist-get edit :changes) by #'cddr
           do (seedls--apply-text-edits (substring (symbol-name uri) 1) nil edits)))

(defun seedls--buffer (uri version)
  "Return the buffer that is URI, and VERSION of it unless that is nil."
  (let ((buffer (seq-find (lambda (buffer)
                            (when-let* ((document (buffer-local-value 'seedls--document buffer)))
                              (equal (seedls--document-uri document) uri)))
                          (buffer-list))))
    (unless buffer (error "%s is not open" uri))
    (with-current-buffer buffer
      (when (and version (or (/= version (seedls--document-version seedls--document))
                             (seedls--document-changes seedls--document)))
        (error "%s has changed meanwhile" (buffer-name))))
    buffer))

(defun seedls--apply-text-edits (uri version edits)
  "Make EDITS in the buffer that the server knows as URI, if it is VERSION of it.
Point goes to the end of the first."
  (with-current-buffer (seedls--buffer uri version)
    (let ((places (mapcar (lambda (edit)
                            (let ((range (plist-get edit :range)))
                              (list (seedls--at (plist-get range :start)) (seedls--at (plist-get range :end))
                                    (plist-get edit :newText))))
                          edits)))
      (undo-boundary)
      (atomic-change-group
        (pcase-dolist (`(,start ,end ,text) (sort places (lambda (a b) (> (car a) (car b)))))
          (goto-char start)
          (delete-region start end)
          (insert text)))
      (dolist (window (get-buffer-window-list nil nil t))
        (set-window-point window (point))))))

;;;; Code actions

(defun seedls--act (word)
  "Carry out the action that begins with WORD, at point or on the region."
  (barf-if-buffer-read-only)
  (seedls--wait-ready)
  (let* ((beginning (if (use-region-p) (region-beginning) (point)))
         (end (if (use-region-p) (region-end) (point)))
         (actions (jsonrpc-request seedls--server :textDocument/codeAction
                                   (list :textDocument (plist-get (seedls--here) :textDocument)
                                         :range (seedls--range beginning end)
                                         :context '(:diagnostics []))))
         (action (seq-find (lambda (action) (string-prefix-p word (plist-get action :title) t)) actions)))
    (unless action (user-error "Seedls has nothing to %s here" word))
    (message "seedls: %s..." (plist-get action :title))
    (condition-case err
        (seedls--apply-edit
         (plist-get (jsonrpc-request seedls--server :codeAction/resolve action :timeout 300) :edit))
      (jsonrpc-error (user-error "Seedls: %s" (alist-get 'jsonrpc-error-message (cdr err)))))
    (message "seedls: done")))

;;;###autoload
(defun seedls-fill ()
  "Write at point, or in place of the region."
  (interactive)
  (seedls--act "fill"))

;;;###autoload
(defun seedls-finish-body ()
  "Write the body at point that is empty, or not closed."
  (interactive)
  (seedls--act "finish"))

;;;###autoload
(defun seedls-repair ()
  "Revise the lines at point, or of the region, that do not parse."
  (interactive)
  (seedls--act "repair"))

;;;###autoload
(defun seedls-declare ()
  "Declare the names at point, or in the region, that nothing declares."
  (interactive)
  (seedls--act "complete"))

;;;###autoload
(defun seedls-rewrite ()
  "Write the unlikely parts of the region anew."
  (interactive)
  (seedls--act "rewrite"))

;;;; The next edit

;; Anything typed takes it off the screen.

(defface seedls-removed '((t :inherit diff-removed :strike-through t))
  "What the next edit takes away."
  :group 'seedls)

(defface seedls-added '((t :inherit diff-added))
  "What the next edit puts there."
  :group 'seedls)

(defvar seedls--next nil "The next edit that is shown: overlay, what the server sent, tick.")

(defun seedls--forget-next ()
  "Take the next edit off the screen."
  (when seedls--next
    (delete-overlay (car seedls--next))
    (setq seedls--next nil)))

;;;###autoload
(defun seedls-next-edit ()
  "Go to the edit that follows from the last ones, and show it.
If it is shown, make it, and go to the one after it."
  (interactive)
  (seedls--wait-ready)
  (pcase-let* ((`(,overlay ,edit ,tick) seedls--next)
               (shown (and overlay
                           (eq (overlay-buffer overlay) (current-buffer))
                           (eql tick (buffer-chars-modified-tick)))))
    (seedls--forget-next)
    (when shown
      (seedls--apply-text-edits
       (plist-get (plist-get edit :textDocument) :uri) nil
       (list (list :range (plist-get edit :range) :newText (plist-get edit :text))))
      (seedls--sync)
      (seedls--execute (plist-get edit :command)))
    (seedls--ask-next shown)))

(defun seedls--ask-next (quiet)
  "Ask for the next edit and show it; if there is none say so unless QUIET."
  (let ((tick (buffer-chars-modified-tick)) (buffer (current-buffer)))
    (jsonrpc-async-request
     seedls--server :textDocument/copilotInlineEdit (seedls--here)
     :timeout 120
     :success-fn (lambda (answer)
                   (let ((edits (plist-get answer :edits)))
                     (cond
                      ((not (and (eq buffer (window-buffer)) (eql tick (buffer-chars-modified-tick buffer)))))
                      ((not (seq-empty-p edits)) (seedls--show-next (elt edits 0)))
                      ((not quiet) (message "seedls: no next edit")))))
     :error-fn (jsonrpc-lambda (&key code message &allow-other-keys)
                 (message (if (eql code -32601) "seedls: this server has no next edits" "seedls: no next edit: %s")
                          message)))))

(defun seedls--show-next (edit)
  "Go to EDIT and show what it takes away and puts there."
  (seedls--forget-next)
  (let* ((buffer (seedls--buffer (plist-get (plist-get edit :textDocument) :uri) nil))
         (range (plist-get edit :range)))
    (pop-to-buffer-same-window buffer)
    (unless (use-region-p) (push-mark nil t))
    (goto-char (seedls--at (plist-get range :start)))
    (let ((overlay (make-overlay (point) (seedls--at (plist-get range :end)))))
      (overlay-put overlay 'face 'seedls-removed)
      (overlay-put overlay 'after-string (propertize (plist-get edit :text) 'face 'seedls-added))
      (setq seedls--next (list overlay edit (buffer-chars-modified-tick)))
      (add-hook 'after-change-functions #'seedls--next-stale nil t))))

(defun seedls--next-stale (&rest _)
  "Take the next edit off the screen once its buffer has changed."
  (remove-hook 'after-change-functions #'seedls--next-stale t)
  (seedls--forget-next))

(provide 'seedls-action)

;;; seedls-action.el ends here
